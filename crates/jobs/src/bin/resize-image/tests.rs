//! The job as a whole, on files in a temporary folder.

use std::path::Path;

use hikyaku::{Outcome, Report, Timestamp};
use image::ImageReader;
use serde_json::{Value, json};

use super::*;

struct Album {
    folder: tempfile::TempDir,
}

impl Album {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("in/2026")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self, name: &str) -> Url {
        Url::from_file_path(self.path(name)).unwrap()
    }

    fn add(&self, name: &str, bytes: &[u8]) -> Url {
        std::fs::write(self.path(name), bytes).unwrap();
        self.url(name)
    }

    async fn run(&self, data: Value, settings: &[(&str, &str)]) -> Report {
        let sources = self.url("in").to_string();
        let settings = [settings, &[("RESIZE_SOURCE_URLS", &*sources)]].concat();
        let lookup = |variable: &str| settings.iter().find(|(name, _)| *name == variable);
        let config =
            Config::read(|variable| lookup(variable).map(|(_, value)| (*value).to_owned()))
                .unwrap();
        let objects = Objects::new(config.objects.clone()).unwrap();
        testing::run::<ResizeImage>(data, Resizer { config, objects }, Timestamp::from_secs(0))
            .await
    }

    async fn stored(&self, data: Value, settings: &[(&str, &str)]) -> Vec<Resized> {
        serde_json::from_value(testing::output(&self.run(data, settings).await)).unwrap()
    }
}

fn size(path: &Path) -> (u32, u32) {
    ImageReader::open(path)
        .unwrap()
        .with_guessed_format()
        .unwrap()
        .into_dimensions()
        .unwrap()
}

#[tokio::test]
async fn variants_are_stored_beside_their_source() {
    let album = Album::new();
    let url = album.add("in/2026/cat.png", &samples::photo(200, 100, Format::Png));
    let payload = json!({"url": url, "widths": [50, 100], "formats": ["jpeg", "webp"]});
    let stored = album.stored(payload, &[]).await;

    let names: Vec<_> = stored
        .iter()
        .map(|variant| variant.url.path_segments().unwrap().next_back().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "cat-100w.jpg",
            "cat-100w.webp",
            "cat-50w.jpg",
            "cat-50w.webp"
        ]
    );
    for variant in stored {
        let path = variant.url.to_file_path().unwrap();
        assert_eq!(size(&path), (variant.width, variant.height));
        assert_eq!(
            usize::try_from(path.metadata().unwrap().len()).unwrap(),
            variant.bytes
        );
    }
}

#[tokio::test]
async fn an_output_folder_takes_them_all_and_a_second_run_changes_nothing() {
    let album = Album::new();
    let url = album.add("in/2026/cat.jpg", &samples::turned(80, 40, 6));
    let output = album.url("out").to_string();
    let payload = json!({"url": url, "widths": [10]});
    let first = album
        .stored(payload.clone(), &[("RESIZE_OUTPUT_URL", &output)])
        .await;
    let bytes = std::fs::read(album.path("out/2026/cat-10w.jpg")).unwrap();
    let second = album
        .stored(payload, &[("RESIZE_OUTPUT_URL", &output)])
        .await;
    assert_eq!((first[0].width, first[0].height), (10, 20));
    assert_eq!(
        (first, bytes),
        (
            second,
            std::fs::read(album.path("out/2026/cat-10w.jpg")).unwrap()
        )
    );
}

#[tokio::test]
async fn a_small_picture_is_stored_under_the_name_asked_for() {
    let album = Album::new();
    let url = album.add("in/dot.webp", &samples::photo(3, 2, Format::Webp));
    let stored = album
        .stored(json!({"url": url, "widths": [320]}), &[])
        .await;
    assert_eq!((stored[0].width, stored[0].height), (3, 2));
    assert_eq!(size(&album.path("in/dot-320w.webp")), (3, 2));
}

#[track_caller]
fn check_buried(report: &Report, reason: &str) {
    let error = report.error.as_deref().unwrap_or_default();
    assert_eq!(report.outcome, Outcome::Buried, "{error}");
    assert!(error.contains(reason), "{error}");
}

#[tokio::test]
async fn what_can_never_work_is_buried_with_a_plain_reason() {
    let album = Album::new();
    let picture = album.add("in/cat.png", &samples::photo(20, 20, Format::Png));
    let run =
        async |url: &Url, settings: &[(&str, &str)]| album.run(json!({"url": url}), settings).await;

    check_buried(
        &run(&album.add("in/cat.txt", b"meow"), &[]).await,
        "it is not a JPEG, PNG or WebP file",
    );
    check_buried(
        &run(&album.add("secret.png", b""), &[]).await,
        "under none of the prefixes",
    );
    check_buried(&run(&album.url("in/none.png"), &[]).await, "no such object");
    check_buried(
        &run(&picture, &[("RESIZE_MAX_BYTES", "10")]).await,
        "more than the 10 bytes RESIZE_MAX_BYTES allows",
    );
    check_buried(
        &run(&picture, &[("RESIZE_MAX_PIXELS", "399")]).await,
        "20×20 are more than the 399 pixels",
    );
    check_buried(
        &album.run(json!({"url": picture, "widths": [0]}), &[]).await,
        "a width is at least 1 pixel",
    );
}

#[test]
fn drawing_stops_between_two_files() {
    let config =
        Config::read(|name| (name == "RESIZE_SOURCE_URLS").then(|| "s3://shop".to_owned()))
            .unwrap();
    let payload = json!({"url": "s3://shop/cat.png", "formats": ["jpeg", "png", "webp"]});
    let plan = Plan::new(&serde_json::from_value(payload).unwrap(), &config).unwrap();
    let source = source::decode(&samples::photo(9, 9, Format::Png), 100).unwrap();
    let asked = std::cell::Cell::new(0);
    let stop_at_third = || asked.replace(asked.get() + 1) == 2;
    let error = plan.draw(&source, 5, stop_at_third).unwrap_err();
    assert_eq!(
        error.to_string(),
        "drawing the variants: the attempt was told to stop before width 5"
    );
    assert!(format!("{error:?}").contains("Retry"));
    assert_eq!(asked.get(), 3);
}

#[test]
fn the_payload_is_read_as_laravel_sends_it() {
    let full = r#"{"url":"s3://shop/cat.png","widths":[320],"formats":["jpeg"],"quality":70}"#;
    let job: ResizeImage = serde_json::from_str(full).unwrap();
    assert_eq!(serde_json::to_string(&job).unwrap(), full);
    assert!(serde_json::from_str::<ResizeImage>(r#"{"widths":[320]}"#).is_err());
    assert!(
        serde_json::from_str::<ResizeImage>(r#"{"url":"s3://shop/cat.png","formats":["gif"]}"#)
            .is_err()
    );
}

#[tokio::test]
async fn the_sample_event_runs() {
    let event = include_str!("../../../../../events/direct/resize-image.json");
    let mut event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["job"], ResizeImage::NAME);

    let album = Album::new();
    let url = album.add("in/photo.png", &samples::photo(800, 600, Format::Png));
    event["data"]["url"] = url.to_string().into();
    let stored = album.stored(event["data"].clone(), &[]).await;
    assert_eq!(stored.len(), 4);
    assert_eq!(size(&album.path("in/photo-320w.webp")), (320, 240));
}
