//! A font inside a PDF: each character that is drawn gets a number, and at the end only the drawn glyphs are embedded.
//!
//! The number belongs to the character, not to its glyph: text taken out of the page is what was put in, also where the
//! font has no glyph for it.

use base::{Error, Result};
use std::{collections::HashMap, fmt::Write as _};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

/// Up to here: Latin with its accents.
const COMMON: char = '\u{250}';

pub struct Font {
    name: &'static str,
    data: &'static [u8],
    face: Face<'static>,
    /// Of the characters that nearly every text is made of, in thousandths of the font's size.
    common: Vec<f32>,
    numbers: HashMap<char, u16>,
    /// By number, from 1 on; 0 is what a reader shows for nothing.
    drawn: Vec<(char, GlyphId)>,
}

/// What of a font is written as objects of a PDF: see [`Font::finish`].
pub struct Embedded {
    pub name: String,
    pub program: Vec<u8>,
    /// The glyph of every number, two bytes each.
    pub glyphs: Vec<u8>,
    pub widths: String,
    pub to_unicode: String,
    pub metrics: String,
}

impl Font {
    pub fn new(name: &'static str, data: &'static [u8]) -> Result<Self> {
        let face = Face::parse(data, 0).map_err(Error::internal)?;
        let mut font = Self { name, data, face, common: Vec::new(), numbers: HashMap::new(), drawn: Vec::new() };
        font.common = ('\0'..COMMON).map(|c| font.measure(c)).collect();
        Ok(font)
    }
    /// In thousandths of the font's size, as PDF counts.
    fn advance(&self, glyph: GlyphId) -> f32 {
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0)) * 1_000.0 / f32::from(self.face.units_per_em())
    }
    fn measure(&self, c: char) -> f32 {
        self.advance(self.face.glyph_index(c).unwrap_or_default())
    }
    /// Of a character, as a share of the font's size.
    pub fn width(&self, c: char) -> f32 {
        self.common.get(c as usize).copied().unwrap_or_else(|| self.measure(c)) / 1_000.0
    }
    /// The numbers of a text, in hexadecimal.
    pub fn encode(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() * 4);
        for c in text.chars() {
            let Self { numbers, drawn, face, .. } = self;
            let number = *numbers.entry(c).or_insert_with(|| {
                // Nobody draws 65,535 different characters; those beyond would be shown as nothing.
                if drawn.len() < usize::from(u16::MAX) {
                    drawn.push((c, face.glyph_index(c).unwrap_or_default()));
                }
                drawn.len() as u16
            });
            let _ = write!(out, "{number:04x}");
        }
        out
    }

    pub fn finish(&self) -> Result<Embedded> {
        let mut kept = GlyphRemapper::new();
        let mut glyphs = vec![0, 0];
        glyphs.extend(self.drawn.iter().flat_map(|(_, glyph)| kept.remap(glyph.0).to_be_bytes()));
        let program = subsetter::subset(self.data, 0, &kept).map_err(|e| Error::internal(e.to_string()))?;
        let widths = self.drawn.iter().fold(String::new(), |out, (_, glyph)| out + &format!("{:.0} ", self.advance(*glyph)));
        Ok(Embedded {
            name: format!("{}+{}", tag(&program), self.name),
            program,
            glyphs,
            widths: format!("[1 [{widths}]]"),
            to_unicode: self.to_unicode(),
            metrics: self.metrics(),
        })
    }
    fn metrics(&self) -> String {
        let scaled = |n: i16| f32::from(n) * 1_000.0 / f32::from(self.face.units_per_em());
        let b = self.face.global_bounding_box();
        let [x0, y0, x1, y1] = [b.x_min, b.y_min, b.x_max, b.y_max].map(scaled);
        let (ascent, descent) = (scaled(self.face.ascender()), scaled(self.face.descender()));
        let capitals = scaled(self.face.capital_height().unwrap_or_else(|| self.face.ascender()));
        let stem = if self.face.is_bold() { 140 } else { 80 };
        format!(
            "/Flags 4 /ItalicAngle 0 /StemV {stem} /FontBBox [{x0:.0} {y0:.0} {x1:.0} {y1:.0}] /Ascent {ascent:.0} /Descent {descent:.0} /CapHeight {capitals:.0}"
        )
    }
    /// What each number means, for whoever copies, searches or reads aloud.
    fn to_unicode(&self) -> String {
        let mut out = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
             /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n\
             /CMapType 2 def\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
            .to_owned();
        let mut number = 0u16;
        // A block holds a hundred at most.
        for block in self.drawn.chunks(100) {
            let _ = writeln!(out, "{} beginbfchar", block.len());
            for (c, _) in block {
                number += 1;
                let _ = writeln!(out, "<{number:04x}> <{}>", utf16(&c.to_string()));
            }
            out.push_str("endbfchar\n");
        }
        out + "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    }
}

/// UTF-16, big end first, in hexadecimal.
pub fn utf16(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut out, unit| {
        let _ = write!(out, "{unit:04x}");
        out
    })
}
/// Six capitals that tell one subset from another.
fn tag(program: &[u8]) -> String {
    base::crypto::sha256(program).iter().take(6).map(|b| char::from(b'A' + b % 26)).collect()
}
