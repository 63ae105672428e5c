//! What the bytes of a file are taken for, and what is refused.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, IBM866, ISO_2022_JP, KOI8_R, MACINTOSH, SHIFT_JIS,
    WINDOWS_874, WINDOWS_1251, WINDOWS_1252,
};
use proptest::prelude::*;

use super::bench::Bench;
use crate::ImportError;
use crate::encoding::Charset;
use crate::evidence::Evidence;

/// Names, places and words of two characters and more, as they stand in files of customers, products and banks.
const JAPANESE: [&str; 41] = [
    "氏名",
    "田中",
    "佐藤 花子",
    "鈴木一郎",
    "高橋",
    "髙橋",
    "渡邉",
    "齋藤",
    "濵田",
    "山﨑",
    "上田",
    "山田",
    "木村",
    "太郎",
    "伊藤さくら",
    "カタカナ",
    "ソフト",
    "表示ソフト",
    "能力",
    "十勝",
    "東京都千代田区",
    "大阪府",
    "北海道札幌市",
    "株式会社アルファ",
    "㈱ベータ",
    "有限会社",
    "商品コード",
    "価格：１００円",
    "処理区分",
    "件数",
    "点検連番",
    "型式",
    "備考",
    "電話番号",
    "令和八年",
    "瑠璃",
    "鰻丼",
    "A社製",
    "ﾔﾏﾀﾞ ﾀﾛｳ",
    "ｶ)ｱﾙﾌｱ ｼｮｳｼﾞ",
    "ﾄｳｷﾖｳﾄ ﾁﾖﾀﾞｸ",
];

const EUROPEAN: [&str; 30] = [
    "André",
    "José",
    "Müller",
    "Ça va",
    "Zoë",
    "naïve café",
    "España",
    "Señor Núñez",
    "Straße",
    "É",
    "Ünal",
    "François Lefèvre",
    "Jürgen Groß",
    "São Paulo",
    "Malmö",
    "£5",
    "10 °C",
    "±",
    "½",
    "©",
    "don’t",
    "“Hello”",
    "5 €",
    "a – b",
    "Øresund",
    "Þór",
    "Montréal, Québec",
    "ÀÉ",
    "Œuvre",
    "Škoda",
];

fn encoded(text: &str, encoding: &'static Encoding) -> Option<Vec<u8>> {
    if encoding == ISO_2022_JP {
        // encoding_rs writes it on its own, without what HTML would put in place of what it does not have.
        let (bytes, _, missing) = encoding.encode(text);
        return (!missing && !text.is_ascii()).then(|| bytes.into_owned());
    }
    let (bytes, _, missing) = encoding.encode(text);
    (!missing).then(|| bytes.into_owned())
}

/// A file of two columns with `names` in the second.
fn file<'a>(names: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut file = b"email,name\n".to_vec();
    for name in names {
        file.extend_from_slice(b"a@example.com,");
        file.extend_from_slice(name);
        file.push(b'\n');
    }
    file
}

fn decide(bytes: &[u8]) -> Result<Charset, ImportError> {
    let mut evidence = Evidence::default();
    evidence.read(bytes);
    evidence.decide()
}

#[test]
fn a_single_japanese_word_in_cp932_is_recognised() {
    let mut refused = Vec::new();
    for word in JAPANESE {
        let Some(bytes) = encoded(word, SHIFT_JIS) else {
            continue;
        };
        match decide(&file([&bytes[..]])) {
            Ok(charset) => assert_eq!(charset, Charset::Cp932, "{word}"),
            Err(_) => refused.push(word),
        }
    }
    assert!(refused.is_empty(), "{refused:?}");
}

#[test]
fn nothing_else_is_taken_for_cp932() {
    let mut wrong = Vec::new();
    let foreign = [
        (EUC_JP, &JAPANESE[..]),
        (ISO_2022_JP, &JAPANESE),
        (WINDOWS_1252, &EUROPEAN),
        (
            GBK,
            &["张伟", "北京市", "名称", "上海市浦东新区", "公司名称"],
        ),
        (BIG5, &["北京市", "名稱", "台北市信義區", "王小明"]),
        (EUC_KR, &["김철수", "서울", "주식회사"]),
        (
            WINDOWS_1251,
            &["Иван", "Москва", "Иван Петров", "ул. Ленина"],
        ),
        (KOI8_R, &["Иван", "Москва", "Иван Петров"]),
        (
            IBM866,
            &["Иван", "Ольга", "Сергей", "улица", "телефон", "количество"],
        ),
        (WINDOWS_874, &["สมชาย", "กรุงเทพ", "บริษัท", "จำนวน", "หญิง"]),
        (MACINTOSH, &["Núñez", "São Paulo", "España", "François"]),
    ];
    for (encoding, words) in foreign {
        for word in words {
            let Some(bytes) = encoded(word, encoding) else {
                continue;
            };
            if let Ok(charset) = decide(&file([&bytes[..]])) {
                wrong.push((*word, encoding.name(), charset));
            }
        }
        let all: Vec<Vec<u8>> = words
            .iter()
            .filter_map(|word| encoded(word, encoding))
            .collect();
        if let Ok(charset) = decide(&file(all.iter().map(Vec::as_slice))) {
            wrong.push(("all of them", encoding.name(), charset));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// What says the same over and over says no more than once.
#[test]
fn a_word_is_no_more_likely_for_being_repeated() {
    let repeated = |bytes: &[u8]| file(std::iter::repeat_n(bytes, 50));
    for word in JAPANESE {
        let euc = encoded(word, EUC_JP).unwrap();
        assert!(decide(&repeated(&euc)).is_err(), "{word}");
        if let Some(cp932) = encoded(word, SHIFT_JIS) {
            assert_eq!(
                decide(&repeated(&cp932)).ok(),
                Some(Charset::Cp932),
                "{word}"
            );
        }
    }
    for word in EUROPEAN {
        let latin = encoded(word, WINDOWS_1252).unwrap();
        assert!(decide(&repeated(&latin)).is_err(), "{word}");
    }
}

/// Some kanji of EUC-JP, and some letters of others, are letters of UTF-8 that nobody writes alone.
#[test]
fn what_is_utf_8_by_chance_is_refused() {
    for word in ["有", "無", "村", "谷", "隆", "豊", "湊"] {
        let euc = encoded(word, EUC_JP).unwrap();
        assert!(std::str::from_utf8(&euc).is_ok());
        assert!(decide(&file([&euc[..]])).is_err(), "{word}");
    }
    for word in ["é", "Müller", "5 °C", "±3", "Москва", "Αθήνα", "有", "€"] {
        let text = format!("x{word}");
        assert_eq!(
            decide(&file([text.as_bytes()])).ok(),
            Some(Charset::Utf8),
            "{word}"
        );
    }
}

proptest! {
    #[test]
    fn pieces_make_no_difference(
        words in proptest::collection::vec(0..JAPANESE.len(), 0..6),
        cp932 in any::<bool>(),
        damage in any::<(usize, u8)>(),
        cut in any::<usize>(),
    ) {
        let encoding = if cp932 { SHIFT_JIS } else { encoding_rs::UTF_8 };
        let words: Vec<Vec<u8>> = words.iter().filter_map(|word| encoded(JAPANESE[*word], encoding)).collect();
        let mut bytes = file(words.iter().map(Vec::as_slice));
        let place = damage.0 % bytes.len();
        bytes[place] = damage.1;
        let (first, second) = bytes.split_at(cut % bytes.len());
        let mut evidence = Evidence::default();
        evidence.read(first);
        evidence.read(second);
        prop_assert_eq!(format!("{:?}", evidence.decide()), format!("{:?}", decide(&bytes)));
    }
}

/// Every byte of a file, one after the other, becomes another: one of each kind.
fn each_damaged(bytes: &[u8], check: impl Fn(&[u8], &str)) {
    for place in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        for byte in (0..=255).step_by(7) {
            damaged[place] = byte;
            check(&damaged, &format!("byte {place} is {byte:#x}"));
        }
        damaged.remove(place);
        check(&damaged, &format!("byte {place} is gone"));
    }
}

#[test]
fn one_bad_byte_makes_no_other_encoding_of_a_file() {
    let names = ["田中", "佐藤 花子", "é", "東京都千代田区"];
    let utf8 = file(names.iter().map(|name| name.as_bytes()));
    each_damaged(&utf8, |damaged, what| {
        assert_eq!(decide(damaged).ok(), Some(Charset::Utf8), "{what}");
    });
    let names = [
        "田中",
        "佐藤 花子",
        "ﾔﾏﾀﾞ",
        "東京都千代田区",
        "鈴木一郎",
        "株式会社アルファ",
    ];
    let names: Vec<Vec<u8>> = names
        .iter()
        .filter_map(|name| encoded(name, SHIFT_JIS))
        .collect();
    let cp932 = file(names.iter().map(Vec::as_slice));
    each_damaged(&cp932, |damaged, what| {
        assert_eq!(decide(damaged).ok(), Some(Charset::Cp932), "{what}");
    });
}

#[test]
fn a_small_file_with_a_bad_byte_is_never_garbled() {
    for word in JAPANESE {
        each_damaged(&file([word.as_bytes()]), |damaged, what| {
            assert_ne!(decide(damaged).ok(), Some(Charset::Cp932), "{word}: {what}");
        });
    }
}

/// This project's own Japanese, line by line: sentences, some with half of their words in ASCII.
fn sentences() -> impl Iterator<Item = &'static str> {
    let pages = [
        include_str!("../../../../README.ja.md"),
        include_str!("../../../../docs/laravel.ja.md"),
    ];
    pages.into_iter().flat_map(str::lines).filter(|line| {
        let characters = line.chars().filter(|character| !character.is_ascii());
        characters.count() > 2
    })
}

#[test]
fn whole_sentences_are_what_they_are() {
    let (mut refused, mut count) = (Vec::new(), 0);
    for line in sentences() {
        let Some(cp932) = encoded(line, SHIFT_JIS) else {
            continue;
        };
        count += 1;
        match decide(&file([&cp932[..]])) {
            Ok(charset) => assert_eq!(charset, Charset::Cp932, "{line}"),
            Err(_) => refused.push(line),
        }
        assert_eq!(decide(&file([line.as_bytes()])).ok(), Some(Charset::Utf8));
        for encoding in [EUC_JP, ISO_2022_JP] {
            let bytes = encoded(line, encoding).unwrap();
            let charset = decide(&file([&bytes[..]]));
            assert!(charset.is_err(), "{line} in {}", encoding.name());
        }
    }
    assert!(refused.is_empty(), "{refused:?}");
    assert!(count > 300, "{count}");
}

#[tokio::test]
async fn a_bad_byte_spoils_its_own_field_only() {
    let bench = Bench::new().await;
    let mut bytes = "email,氏名\na@e,東京\nb@e,花子\nc@e,".as_bytes().to_vec();
    bytes.extend_from_slice(b"\xff\nd@e,d\n");
    assert_eq!(bench.outcome(bytes).await, Ok([3, 1, 0]));
    assert_eq!(bench.column("name").await, ["東京", "花子", "d"]);
    let rejects = bench.rejects(1).unwrap();
    assert!(
        rejects.contains("3,4,column `name`: not valid UTF-8,c@e,\u{fffd}"),
        "{rejects}"
    );
}

#[tokio::test]
async fn what_is_neither_is_refused_with_the_byte_s_place() {
    for (name, encoding, seems, offset) in [
        ("カタカナ", EUC_JP, "EUC-JP", 15),
        ("André", WINDOWS_1252, "windows-1252", 19),
        ("Иван Петров", WINDOWS_1251, "windows-1251", 15),
        ("北京市", GBK, "GBK", 15),
        ("주식회사", EUC_KR, "EUC-KR", 15),
        ("佐藤", ISO_2022_JP, "ISO-2022-JP", 15),
    ] {
        let bench = Bench::new().await;
        let mut bytes = b"email,age\n".to_vec();
        bytes.extend_from_slice(b"a@e,\"");
        bytes.extend_from_slice(&encoded(name, encoding).unwrap());
        bytes.extend_from_slice(b"\"\n");
        let error = bench.outcome(bytes).await.unwrap_err();
        assert!(error.contains(seems), "{error}");
        let place = format!("in line 2, at offset {offset}");
        assert!(error.contains(&place), "{error}");
        assert_eq!(bench.count().await, 0);
    }
}

/// Some megabytes of ASCII, and then `last`.
fn late(last: &[u8]) -> Vec<u8> {
    let mut bytes = b"email,age\n".to_vec();
    for row in 0..40_000 {
        bytes.extend_from_slice(format!("customer-{row:08}@example.com,20\n").as_bytes());
    }
    bytes.extend_from_slice(last);
    bytes
}

#[tokio::test]
async fn the_last_byte_of_a_large_file_counts_before_the_first_row() {
    let mut bench = Bench::new().await;
    bench.importer.limits = crate::chunk::Limits::default();
    for name in ["カタカナのタナカ", "佐藤さん"] {
        let euc = late(&[b"a@e,", &encoded(name, EUC_JP).unwrap()[..]].concat());
        let error = bench.outcome(euc).await.unwrap_err();
        assert!(error.contains("EUC-JP"), "{error}");
        assert!(
            error.contains("in line 40002, at offset 1320014"),
            "{error}"
        );
        assert_eq!(bench.count().await, 0);
    }
    let cp932 = late(&[&encoded("佐藤", SHIFT_JIS).unwrap()[..], b"@e,1\n"].concat());
    assert_eq!(bench.outcome(cp932).await, Ok([40_001, 0, 0]));
    assert_eq!(bench.column("email").await.pop().unwrap(), "佐藤@e");
}

#[tokio::test]
async fn lines_of_another_encoding_are_rejected() {
    let bench = Bench::new().await;
    let mut bytes = encoded("email,氏名\na@e,田中\nb@e,表示ソフト\n", SHIFT_JIS).unwrap();
    bytes.extend_from_slice("c@e,佐藤\n".as_bytes());
    assert_eq!(bench.outcome(bytes).await, Ok([2, 1, 0]));
    let rejects = bench.rejects(1).unwrap();
    assert!(rejects.contains("3,4,column `name`: UTF-8 in an object that is CP932"));

    let bench = Bench::new().await;
    let mut bytes = "email,氏名\na@e,田中\nb@e,表示ソフト\n".as_bytes().to_vec();
    bytes.extend_from_slice(&encoded("c@e,佐藤\n", SHIFT_JIS).unwrap());
    assert_eq!(bench.outcome(bytes).await, Ok([2, 1, 0]));
}

#[tokio::test]
async fn an_encoding_that_the_message_names_is_taken() {
    for (encoding, bytes) in [
        (crate::Encoding::Cp932, &b"email\n\xc9@e\n"[..]),
        (crate::Encoding::Utf8, "email\né@e\n".as_bytes()),
    ] {
        let bench = Bench::new().await;
        let mut job = bench.file("a.csv", bytes);
        job.encoding = encoding;
        assert_eq!(bench.import(&job).await.unwrap().rows, 1);
    }
}

/// What an attempt found out of a large object, the next one need not.
#[tokio::test]
async fn the_next_attempt_knows_the_encoding() {
    let bench = Bench::new().await;
    let text = "email,age\nＡ@e,1\nb@e,2\nc@e,3\nd@e,4\n";
    let file = bench.file("a.csv", encoded(text, SHIFT_JIS).unwrap());
    let Err(ImportError::Stopped(mut progress)) = bench.attempt(&file, 1, || true).await else {
        panic!("it should have stopped");
    };
    assert_eq!((progress.done, progress.charset), (3, Some(Charset::Cp932)));
    // Had it known the other one, it would have read the header with that.
    let json = serde_json::to_string(&progress).unwrap();
    assert!(
        json.starts_with(r#"{"done":3,"charset":"cp932","version":""#),
        "{json}"
    );
    progress.version = "another".to_owned();
    for progress in [serde_json::from_str(r#"{"done":3}"#).unwrap(), progress] {
        let attempt = crate::Attempt {
            id: "job-1",
            token: 2,
            progress: Some(&progress),
        };
        let imported = crate::import(&bench.importer, &file, attempt, || false).await;
        assert_eq!(imported.unwrap().rows, 4);
    }
}
