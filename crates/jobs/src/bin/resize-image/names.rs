//! Where variants are stored: names that follow from the source's name alone, so that a second run overwrites the first.

use url::Url;

use crate::format::Format;

/// Everything of a variant's URL but its width and format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    folder: Url,
    stem: String,
}

/// A source whose variants cannot be named. No text names the source: it comes from a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// There is no last path segment.
    #[error("naming the variants: `url` ends like a folder; name an image in it")]
    Folder,
    /// The output folder mirrors what is below a source folder, and there is none.
    #[error("naming the variants: `url` is not below any of the folders in RESIZE_SOURCE_URLS")]
    Elsewhere,
}

impl Names {
    /// Variants beside their source: `photos/cat.jpg` becomes `photos/cat-640w.webp`.
    pub(crate) fn beside(source: &Url) -> Result<Self, NameError> {
        let (folder, name) = source
            .path()
            .rsplit_once('/')
            .unwrap_or(("", source.path()));
        Self::in_folder(source, folder, name)
    }

    /// Variants under `output`, in the folders the source has below the first of `prefixes` that holds it.
    pub(crate) fn under(output: &Url, prefixes: &[Url], source: &Url) -> Result<Self, NameError> {
        let below = prefixes
            .iter()
            .find_map(|prefix| path_below(prefix, source));
        let below = below.ok_or(NameError::Elsewhere)?;
        let (folders, name) = below.rsplit_once('/').unwrap_or(("", below));
        let root = output.path().trim_end_matches('/');
        let folder = if folders.is_empty() {
            root.to_owned()
        } else {
            format!("{root}/{folders}")
        };
        Self::in_folder(output, &folder, name)
    }

    /// The URL of one variant. The width is the one asked for, even where the image is smaller, so that whoever asked
    /// can tell the name without asking again.
    pub(crate) fn variant(&self, width: u32, format: Format) -> Url {
        let mut url = self.folder.clone();
        let folder = self.folder.path().trim_end_matches('/');
        url.set_path(&format!(
            "{folder}/{}-{width}w.{}",
            self.stem,
            format.extension()
        ));
        url
    }

    fn in_folder(base: &Url, folder: &str, name: &str) -> Result<Self, NameError> {
        if name.is_empty() {
            return Err(NameError::Folder);
        }
        // A leading dot starts a hidden file's name, not an extension.
        let stem = name
            .rsplit_once('.')
            .map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem });
        let mut url = base.clone();
        url.set_path(folder);
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self {
            folder: url,
            stem: stem.to_owned(),
        })
    }
}

/// The path of `url` below `prefix`, which ends at a folder: `…/photos` does not hold `…/photos-private/cat.jpg`.
fn path_below<'a>(prefix: &Url, url: &'a Url) -> Option<&'a str> {
    let same_place = prefix.scheme() == url.scheme()
        && prefix.host() == url.host()
        && prefix.port() == url.port();
    let below = url
        .path()
        .strip_prefix(prefix.path().trim_end_matches('/'))?;
    if same_place {
        below.strip_prefix('/')
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[track_caller]
    fn check_beside(source: &str, expected: &str) {
        let names = Names::beside(&url(source)).unwrap();
        assert_eq!(names.variant(640, Format::Jpeg).as_str(), expected);
    }

    #[test]
    fn variants_stand_beside_their_source() {
        check_beside("s3://shop/photos/cat.png", "s3://shop/photos/cat-640w.jpg");
        check_beside("s3://shop/cat.png", "s3://shop/cat-640w.jpg");
        check_beside("s3://shop/cat", "s3://shop/cat-640w.jpg");
        check_beside(
            "s3://shop/a.b/cat.large.png",
            "s3://shop/a.b/cat.large-640w.jpg",
        );
        check_beside("file:///home/user/.cat", "file:///home/user/.cat-640w.jpg");
    }

    #[test]
    fn names_stay_encoded() {
        check_beside(
            "s3://shop/%E7%8C%AB%3F.png",
            "s3://shop/%E7%8C%AB%3F-640w.jpg",
        );
        check_beside("file:///tmp/my cat.png", "file:///tmp/my%20cat-640w.jpg");
    }

    #[track_caller]
    fn check_under(output: &str, source: &str, expected: &str) {
        let prefixes = [url("s3://shop/uploads"), url("s3://archive/")];
        let names = Names::under(&url(output), &prefixes, &url(source)).unwrap();
        assert_eq!(names.variant(1, Format::Webp).as_str(), expected);
    }

    #[test]
    fn an_output_folder_mirrors_the_source_folders() {
        check_under(
            "s3://cdn/img",
            "s3://shop/uploads/2026/cat.png",
            "s3://cdn/img/2026/cat-1w.webp",
        );
        check_under(
            "s3://cdn",
            "s3://shop/uploads/cat.png",
            "s3://cdn/cat-1w.webp",
        );
        check_under(
            "s3://cdn/",
            "s3://archive/a/b/cat.png",
            "s3://cdn/a/b/cat-1w.webp",
        );
    }

    #[test]
    fn what_only_looks_like_a_source_folder_is_refused() {
        for source in [
            "s3://shop/uploads-private/cat.png",
            "s3://other/uploads/cat.png",
            "file:///uploads/cat.png",
        ] {
            let result = Names::under(&url("s3://cdn"), &[url("s3://shop/uploads")], &url(source));
            assert_eq!(result, Err(NameError::Elsewhere));
        }
    }

    #[test]
    fn a_folder_has_no_variants() {
        for source in ["s3://shop/photos/", "s3://shop", "file:///"] {
            assert_eq!(Names::beside(&url(source)), Err(NameError::Folder));
        }
    }
}
