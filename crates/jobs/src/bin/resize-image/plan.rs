//! What a payload asks for, checked before any byte is fetched, and then carried out width by width.

use std::collections::BTreeSet;

use hikyaku::{JobError, ResultExt};
use image::DynamicImage;
use url::Url;

use crate::ResizeImage;
use crate::config::Config;
use crate::draw::{self, Loss};
use crate::format::Format;
use crate::names::{NameError, Names};
use crate::source::Source;

/// The variants to make.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// In pixels, each once, the widest first.
    pub(crate) widths: Vec<u32>,
    /// Each once; empty: the source's own.
    pub(crate) formats: Vec<Format>,
    /// For JPEG, and for WebP if it is to lose anything.
    pub(crate) loss: Loss,
    /// What the variants are called.
    pub(crate) names: Names,
}

/// A variant as a file, not yet stored.
#[derive(Debug)]
pub(crate) struct File {
    /// Where it belongs.
    pub(crate) url: Url,
    /// What it is.
    pub(crate) format: Format,
    /// In pixels.
    pub(crate) width: u32,
    /// In pixels.
    pub(crate) height: u32,
    /// Its contents.
    pub(crate) bytes: Vec<u8>,
}

/// One width.
#[derive(Debug)]
pub(crate) struct Drawn {
    /// Its pixels, of which a smaller one may be drawn.
    pub(crate) image: DynamicImage,
    /// Its files, not yet stored.
    pub(crate) files: Vec<File>,
}

/// The attempt ran out of time between two variants.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("drawing the variants: the attempt was told to stop before width {width}")]
struct Stopped {
    width: u32,
}

/// A payload that asks for what cannot be done. Trying again does not help.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlanError {
    /// Nothing to do is a mistake of the caller's.
    #[error("planning the variants: `widths` is empty; name at least one width in pixels")]
    NoWidths,
    /// A picture without pixels.
    #[error("planning the variants: `widths` holds 0; a width is at least 1 pixel")]
    ZeroWidth,
    /// Outside the scale.
    #[error("planning the variants: `quality` is {0}; it goes from 1 (small) to 100 (good)")]
    Quality(u8),
    /// More work than one job may ask for.
    #[error(
        "planning the variants: {asked} are more than the {limit} RESIZE_MAX_VARIANTS allows; send several jobs"
    )]
    TooMany {
        /// Widths × formats.
        asked: usize,
        /// The setting.
        limit: usize,
    },
    /// No names for them.
    #[error(transparent)]
    Name(#[from] NameError),
}

const DEFAULT_QUALITY: u8 = 82;

impl Plan {
    /// The plan for `job` within the limits of `config`.
    pub(crate) fn new(job: &ResizeImage, config: &Config) -> Result<Self, PlanError> {
        let widths: BTreeSet<u32> = job.widths.iter().copied().collect();
        let formats: BTreeSet<Format> = job.formats.iter().copied().collect();
        let quality = job.quality.unwrap_or(DEFAULT_QUALITY);
        let asked = widths.len().saturating_mul(formats.len().max(1));
        match () {
            () if widths.is_empty() => return Err(PlanError::NoWidths),
            () if widths.contains(&0) => return Err(PlanError::ZeroWidth),
            () if !(1..=100).contains(&quality) => return Err(PlanError::Quality(quality)),
            () if asked > config.max_variants => {
                return Err(PlanError::TooMany {
                    asked,
                    limit: config.max_variants,
                });
            }
            () => {}
        }
        let names = match &config.output {
            Some(output) => Names::under(output, &config.sources, &job.url)?,
            None => Names::beside(&job.url)?,
        };
        Ok(Self {
            widths: widths.into_iter().rev().collect(),
            formats: formats.into_iter().collect(),
            loss: Loss {
                quality,
                webp: job.lossy,
            },
            names,
        })
    }

    /// One width, drawn once and written in every format. `wider` is the width before, if there is one. It asks
    /// `should_stop` before each step.
    pub(crate) fn draw(
        &self,
        source: &Source,
        wider: Option<&DynamicImage>,
        width: u32,
        should_stop: impl Fn() -> bool,
    ) -> Result<Drawn, JobError> {
        let go_on = || {
            if should_stop() {
                Err(JobError::from(Stopped { width }))
            } else {
                Ok(())
            }
        };
        go_on()?;
        let image = draw::resize(source, wider, width).or_fail()?;
        let own = [source.format];
        let formats = if self.formats.is_empty() {
            &own[..]
        } else {
            &self.formats
        };
        let files = formats.iter().map(|format| {
            go_on()?;
            let bytes =
                draw::encode(&image, *format, self.loss, source.profile.as_deref()).or_fail()?;
            let url = self.names.variant(width, *format);
            Ok(File {
                url,
                format: *format,
                width: image.width(),
                height: image.height(),
                bytes,
            })
        });
        Ok(Drawn {
            files: files.collect::<Result<_, JobError>>()?,
            image,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(payload: &str) -> Result<Plan, PlanError> {
        let config = Config::read(|variable| match variable {
            "RESIZE_SOURCE_URLS" => Some("s3://shop/uploads".to_owned()),
            "RESIZE_MAX_VARIANTS" => Some("6".to_owned()),
            _ => None,
        });
        Plan::new(&serde_json::from_str(payload).unwrap(), &config.unwrap())
    }

    #[test]
    fn the_url_alone_is_enough() {
        let plan = plan(r#"{"url":"s3://shop/uploads/cat.png"}"#).unwrap();
        assert_eq!(
            (plan.widths, plan.formats, plan.loss.quality, plan.loss.webp),
            (vec![1280, 640, 320], vec![], 82, false)
        );
    }

    #[test]
    fn what_is_asked_twice_is_made_once() {
        let plan = plan(r#"{"url":"s3://shop/cat","widths":[5,9,5],"formats":["webp","jpg","jpeg"],"quality":null}"#).unwrap();
        assert_eq!(
            (plan.widths, plan.formats),
            (vec![9, 5], vec![Format::Jpeg, Format::Webp])
        );
    }

    #[track_caller]
    fn check(fields: &str, expected: &PlanError) {
        assert_eq!(
            plan(&format!(r#"{{"url":"s3://shop/cat.png",{fields}}}"#)).as_ref(),
            Err(expected)
        );
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        check(r#""widths":[]"#, &PlanError::NoWidths);
        check(r#""widths":[0,5]"#, &PlanError::ZeroWidth);
        check(r#""quality":0"#, &PlanError::Quality(0));
        check(r#""quality":101"#, &PlanError::Quality(101));
        check(
            r#""widths":[1,2,3,4,5,6,7]"#,
            &PlanError::TooMany { asked: 7, limit: 6 },
        );
        check(
            r#""widths":[1,2,3,4],"formats":["png","webp"]"#,
            &PlanError::TooMany { asked: 8, limit: 6 },
        );
    }
}
