//! Packs the files of the documentation page, and rebuilds when a migration changes: `embed_migrations!` reads them at
//! compile time.

use std::error::Error;
use std::fs::File;
use std::io::{Cursor, copy};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

/// What the page loads of Swagger UI. All of it would be 4.3 MB of the program.
const ASSETS: [&str; 3] = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script in no other way")]
fn out_dir() -> Result<String, std::env::VarError> {
    std::env::var("OUT_DIR")
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=build.rs");
    let folder = out_dir()?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for asset in ASSETS {
        let wanted = format!("/dist/{asset}");
        let mut paths = archive.file_names().filter_map(Result::ok);
        let path = paths.find(|path| path.ends_with(&wanted)).map(|path| path.into_owned());
        drop(paths);
        let path = path.ok_or(format!("Swagger UI has no {asset}"))?;
        let packed = File::create(Path::new(&folder).join(format!("{asset}.gz")))?;
        let mut packed = GzEncoder::new(packed, Compression::best());
        copy(&mut archive.by_name(&path)?, &mut packed)?;
        packed.finish()?;
    }
    Ok(())
}
