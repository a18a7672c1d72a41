//! A table on paper: its head on every page, texts that wrap, numbers to the right, and the sums at the end.

use super::{Paper, Pdf, Style};
use crate::exports::sheet::{Cell, Column};
use base::{Result, say::Lang};

const MARGIN: f32 = 36.0;
const SIZE: f32 = 8.5;
const LINE: f32 = 11.0;
/// Between a text and the edge of its cell.
const GAP: f32 = 3.0;

pub struct Writer {
    pdf: Pdf,
    title: String,
    head: Vec<Cell>,
    lang: Lang,
    /// Where each column begins, and where the last one ends.
    edges: Vec<f32>,
    /// How far down the page is full.
    y: f32,
    /// The first fault while drawing; it is told at the end.
    fault: Result<()>,
}

impl Writer {
    pub fn begin(title: &str, columns: &[Column], lang: Lang) -> Result<Self> {
        let pdf = Pdf::new(title, lang, Paper::A4_ACROSS)?;
        let all = columns.iter().map(|c| f32::from(c.width)).sum::<f32>().max(1.0);
        let share = (pdf.paper.width - 2.0 * MARGIN) / all;
        let mut edges = vec![MARGIN];
        for column in columns {
            edges.push(edges[edges.len() - 1] + f32::from(column.width) * share);
        }
        let head = columns.iter().map(|c| Cell::from(&*c.title)).collect();
        let mut writer = Self { pdf, title: title.to_owned(), head, lang, edges, y: 0.0, fault: Ok(()) };
        writer.open_page();
        Ok(writer)
    }
    pub fn row(&mut self, cells: &[Cell]) {
        self.draw(cells, Style::Regular, None);
    }
    pub fn take(&mut self) -> Vec<u8> {
        self.pdf.take()
    }
    pub fn end(mut self, sums: Option<&[Cell]>) -> Result<Vec<u8>> {
        if let Some(sums) = sums {
            self.draw(sums, Style::Bold, Some(0.93));
        }
        self.close_page();
        self.fault?;
        self.pdf.end()
    }

    fn open_page(&mut self) {
        self.y = MARGIN + 14.0;
        self.pdf.text(MARGIN, self.y, Style::Bold, 13.0, &self.title);
        self.y += 12.0;
        let head = std::mem::take(&mut self.head);
        self.draw(&head, Style::Bold, Some(0.88));
        self.head = head;
    }
    fn close_page(&mut self) {
        let (number, bottom) = (self.pdf.page_number().to_string(), self.pdf.paper.height - MARGIN + 18.0);
        let x = self.pdf.paper.width - MARGIN - self.pdf.width(Style::Regular, SIZE, &number);
        self.pdf.text(x, bottom, Style::Regular, SIZE, &number);
    }
    fn draw(&mut self, cells: &[Cell], style: Style, grey: Option<f32>) {
        let lines: Vec<_> = cells.iter().enumerate().map(|(i, cell)| self.lines(i, cell, style)).collect();
        let height = lines.iter().map(Vec::len).max().unwrap_or(1).max(1) as f32 * LINE + GAP;
        if self.y + height > self.pdf.paper.height - MARGIN {
            self.close_page();
            if let Err(error) = self.pdf.turn() {
                self.fault = Err(error);
            }
            self.open_page();
        }
        let (left, right) = (MARGIN, self.pdf.paper.width - MARGIN);
        if let Some(grey) = grey {
            self.pdf.area(left, self.y, right - left, height, grey);
        }
        for (i, lines) in lines.iter().enumerate() {
            for (n, line) in lines.iter().enumerate() {
                let room = self.edges[i + 1] - GAP - self.pdf.width(style, SIZE, line);
                let x = if cells[i].is_number() { room } else { self.edges[i] + GAP };
                self.pdf.text(x, self.y + LINE * (n as f32 + 0.8), style, SIZE, line);
            }
        }
        self.y += height;
        self.pdf.area(left, self.y - 0.5, right - left, 0.3, 0.7);
    }
    fn lines(&self, column: usize, cell: &Cell, style: Style) -> Vec<String> {
        let room = self.edges[column + 1] - self.edges[column] - 2.0 * GAP;
        self.pdf.wrap(style, SIZE, &cell.text(self.lang), room)
    }
}
