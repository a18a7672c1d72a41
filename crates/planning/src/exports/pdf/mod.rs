//! Documents on paper: pages of text and lines, in a font that goes along, written front to back.
//!
//! A page is written as soon as it is full; only its place in the file is remembered. Fonts, the tree of pages and the
//! table of places stand at the end.

mod font;
pub mod table;

use base::{Error, Result, say::Lang, text};
use flate2::{Compression, write::ZlibEncoder};
use font::{Embedded, Font, utf16};
use std::{
    fmt::{Display, Write as _},
    io::Write as _,
};

/// In points, 72 to the inch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paper {
    pub width: f32,
    pub height: f32,
}
impl Paper {
    pub const A4: Self = Self { width: 595.0, height: 842.0 };
    pub const A4_ACROSS: Self = Self { width: 842.0, height: 595.0 };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Regular = 0,
    Bold = 1,
}

const CATALOG: usize = 1;
const PAGES: usize = 2;
const INFO: usize = 3;
/// Where the objects of each font begin: five a font.
const FONTS: [usize; 2] = [4, 9];
const FIRST_PAGE: usize = 14;

pub struct Pdf {
    pub paper: Paper,
    title: String,
    lang: Lang,
    fonts: [Font; 2],
    out: Vec<u8>,
    /// Bytes that were taken away already.
    gone: usize,
    /// Where each object stands, by its number less one.
    places: Vec<usize>,
    pages: Vec<usize>,
    /// What is drawn on the page that is not finished.
    page: String,
}

impl Pdf {
    pub fn new(title: &str, lang: Lang, paper: Paper) -> Result<Self> {
        let fonts = [Font::new("NotoSans", notosans::REGULAR_TTF)?, Font::new("NotoSans-Bold", notosans::BOLD_TTF)?];
        let mut pdf = Self {
            paper,
            title: text::nfc(title),
            lang,
            fonts,
            out: Vec::new(),
            gone: 0,
            places: vec![0; FIRST_PAGE - 1],
            pages: Vec::new(),
            page: String::new(),
        };
        // The second line says to whoever moves the file that it is not text.
        pdf.out.extend_from_slice(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
        Ok(pdf)
    }

    /// Draws a line of text; `y` is the base line, counted from the top of the page.
    pub fn text(&mut self, x: f32, y: f32, style: Style, size: f32, text: &str) {
        if text.is_empty() {
            return;
        }
        let (from_below, code) = (self.paper.height - y, self.font(style).encode(text));
        let _ = writeln!(self.page, "BT /F{} {size} Tf {x:.2} {from_below:.2} Td <{code}> Tj ET", style as u8);
    }
    /// A filled rectangle; `grey` is 0 for black and 1 for white.
    pub fn area(&mut self, x: f32, y: f32, width: f32, height: f32, grey: f32) {
        let from_below = self.paper.height - y - height;
        let _ = writeln!(self.page, "{grey} g {x:.2} {from_below:.2} {width:.2} {height:.2} re f 0 g");
    }
    pub fn width(&self, style: Style, size: f32, text: &str) -> f32 {
        text.chars().map(|c| self.fonts[style as usize].width(c)).sum::<f32>() * size
    }
    fn font(&mut self, style: Style) -> &mut Font {
        &mut self.fonts[style as usize]
    }
    /// The lines of a text that has so much room across; a word without room is cut.
    pub fn wrap(&self, style: Style, size: f32, text: &str, room: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text::nfc(text).lines() {
            let (mut line, mut used) = (String::new(), 0.0);
            for word in paragraph.split_inclusive(' ') {
                if !line.is_empty() && used + self.width(style, size, word.trim_end()) > room {
                    lines.push(std::mem::take(&mut line).trim_end().to_owned());
                    used = 0.0;
                }
                for c in word.chars() {
                    let width = self.fonts[style as usize].width(c) * size;
                    if c != ' ' && !line.is_empty() && used + width > room {
                        lines.push(std::mem::take(&mut line));
                        used = 0.0;
                    }
                    line.push(c);
                    used += width;
                }
            }
            lines.push(line.trim_end().to_owned());
        }
        lines
    }

    pub fn page_number(&self) -> usize {
        self.pages.len() + 1
    }
    /// Ends the page; what is drawn from now on stands on the next one.
    pub fn turn(&mut self) -> Result<()> {
        let drawn = std::mem::take(&mut self.page);
        let content = self.next();
        self.stream(content, "", drawn.as_bytes())?;
        let page = self.next();
        let Paper { width, height } = self.paper;
        let fonts = format!("/F0 {} 0 R /F1 {} 0 R", FONTS[0], FONTS[1]);
        self.object(page, &format!(
            "<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 {width} {height}] /Resources << /Font << {fonts} >> >> /Contents {content} 0 R >>"
        ));
        self.pages.push(page);
        Ok(())
    }
    /// What is finished so far and not taken yet.
    pub fn take(&mut self) -> Vec<u8> {
        self.gone += self.out.len();
        std::mem::take(&mut self.out)
    }
    /// The last page and everything that belongs behind it.
    pub fn end(mut self) -> Result<Vec<u8>> {
        self.turn()?;
        for (font, at) in [0, 1].into_iter().zip(FONTS) {
            let embedded = self.fonts[font].finish()?;
            self.embed(at, &embedded)?;
        }
        let lang = if self.lang == Lang::Fr { "fr" } else { "en" };
        self.object(
            CATALOG,
            &format!("<< /Type /Catalog /Pages {PAGES} 0 R /Lang ({lang}) /ViewerPreferences << /DisplayDocTitle true >> >>"),
        );
        let kids = self.pages.iter().fold(String::new(), |out, page| format!("{out}{page} 0 R "));
        self.object(PAGES, &format!("<< /Type /Pages /Count {} /Kids [{kids}] >>", self.pages.len()));
        self.object(INFO, &format!("<< /Title <feff{}> /Producer (Coulisses) >>", utf16(&self.title)));
        let (table, count) = (self.gone + self.out.len(), self.places.len() + 1);
        let places = self.places.iter().fold(String::new(), |out, place| out + &format!("{place:010} 00000 n \n"));
        self.write(format!(
            "xref\n0 {count}\n0000000000 65535 f \n{places}trailer\n<< /Size {count} /Root {CATALOG} 0 R /Info {INFO} 0 R >>\nstartxref\n{table}\n%%EOF\n"
        ));
        Ok(self.out)
    }

    fn embed(&mut self, at: usize, font: &Embedded) -> Result<()> {
        let [whole, descendant, descriptor, program, meaning] = [at, at + 1, at + 2, at + 3, at + 4];
        let (name, glyphs) = (&font.name, self.next());
        self.object(whole, &format!(
            "<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [{descendant} 0 R] /ToUnicode {meaning} 0 R >>"
        ));
        self.object(descendant, &format!(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> \
             /FontDescriptor {descriptor} 0 R /DW 0 /W {} /CIDToGIDMap {glyphs} 0 R >>", font.widths
        ));
        self.object(descriptor, &format!("<< /Type /FontDescriptor /FontName /{name} {} /FontFile2 {program} 0 R >>", font.metrics));
        self.stream(program, &format!("/Length1 {}", font.program.len()), &font.program)?;
        self.stream(meaning, "", font.to_unicode.as_bytes())?;
        self.stream(glyphs, "", &font.glyphs)
    }
    /// A number for an object that is about to be written.
    fn next(&mut self) -> usize {
        self.places.push(0);
        self.places.len()
    }
    fn object(&mut self, number: usize, content: &str) {
        self.places[number - 1] = self.gone + self.out.len();
        self.write(format!("{number} 0 obj\n{content}\nendobj\n"));
    }
    fn stream(&mut self, number: usize, extra: &str, content: &[u8]) -> Result<()> {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(content).map_err(Error::internal)?;
        let packed = packer.finish().map_err(Error::internal)?;
        self.places[number - 1] = self.gone + self.out.len();
        self.write(format!("{number} 0 obj\n<< /Length {} {extra} /Filter /FlateDecode >>\nstream\n", packed.len()));
        self.out.extend_from_slice(&packed);
        self.write("\nendstream\nendobj\n");
        Ok(())
    }
    fn write(&mut self, text: impl Display) {
        let _ = write!(self.out, "{text}");
    }
}
