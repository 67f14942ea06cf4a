//! Reading the file of a page.

use std::fs;
use std::io;
use std::path::Path;

/// Largest file of a page, in bytes: forty times the longest text of an article. It bounds the memory that one takes.
const PAGE_MAX: u64 = 20 * 1024 * 1024;

/// The bytes of a page.
///
/// # Errors
/// If it cannot be read, or is longer than any page.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > PAGE_MAX {
        let text = format!("it is over {} MiB, and no page is that long", PAGE_MAX >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    fs::read(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page.md");
        let file = fs::File::create(&path).unwrap();
        file.set_len(PAGE_MAX + 1).unwrap();
        assert!(read(&path).unwrap_err().to_string().starts_with("it is over 20 MiB"));
        file.set_len(3).unwrap();
        assert_eq!(read(&path).unwrap(), [0; 3]);
    }
}
