//! A QR code as an image that a page can show without running anything: SVG in a `data:` address.

use base::{Error, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD as B64};
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;

/// The quiet zone that readers need around it, in modules.
const MARGIN: i32 = 4;

pub fn data_url(text: &str) -> Result<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| Error::internal("a text too long for a QR code"))?;
    Ok(format!("data:image/svg+xml;base64,{}", B64.encode(svg(&code))))
}

fn svg(code: &QrCode) -> String {
    let size = code.size();
    let side = size + 2 * MARGIN;
    let dark = (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y));
    let path = dark.fold(String::new(), |mut path, (x, y)| {
        let _ = write!(path, "M{},{}h1v1h-1z", x + MARGIN, y + MARGIN);
        path
    });
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path d=\"{path}\"/></svg>"
    )
}
