//! Worked examples, to the cent.

use clap::{Parser, Subcommand};
use rust_decimal::Decimal;

use super::bill::Bill;
use super::compare::{BreakEven, Comparison, Verdict, break_even, compare};
use super::figures::usd;
use super::prices::Prices;
use super::report::Report;
use super::workload::{ALARM_METRICS, QUEUES};
use super::{Cost, today};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Cost(Box<Cost>),
}

/// Of one queue and three alarms, unless the arguments say otherwise: those of the worked examples.
#[track_caller]
fn cost(arguments: &str) -> Cost {
    let examples = ["--queues 1", "--alarms 3"].into_iter();
    let unsaid = examples.filter(|option| !arguments.contains(&option[..8]));
    let words = ["hikyaku", "cost"].into_iter();
    let words = words
        .chain(unsaid.flat_map(str::split_whitespace))
        .chain(arguments.split_whitespace());
    let Command::Cost(cost) = Arguments::try_parse_from(words).unwrap().command;
    *cost
}

fn sum(cost: &Cost) -> Comparison {
    let prices = Prices::of(&cost.region).unwrap();
    compare(&cost.workload, &cost.present, &prices).unwrap()
}

#[track_caller]
fn compared(arguments: &str) -> Comparison {
    sum(&cost(arguments))
}

fn line(bill: &Bill, what: &str) -> Decimal {
    let lines = bill.lines.iter().filter(|line| line.what.starts_with(what));
    lines.map(|line| line.usd).sum()
}

use Verdict::{Cheaper, Dearer, Same};

/// Jobs in thousands, milliseconds, MB; Lambda's compute, the rest, the sum, with free tiers; containers, how many, verdict.
type Row = (u64, u64, u32, [&'static str; 4], &'static str, u32, Verdict);

/// Tokyo, arm64, one message an invocation, against two x86 containers of 0.5 vCPU and 1 GB and a cache.t4g.micro.
const TOKYO: &[Row] = &[
    (
        100,
        200,
        256,
        ["0.07", "0.92", "0.98", "0.14"],
        "63.23",
        2,
        Cheaper,
    ),
    (
        1_000,
        200,
        256,
        ["0.67", "4.12", "4.78", "2.49"],
        "63.23",
        2,
        Cheaper,
    ),
    (
        10_000,
        200,
        256,
        ["6.67", "36.11", "42.78", "32.74"],
        "63.23",
        2,
        Cheaper,
    ),
    (
        100_000,
        200,
        256,
        ["66.67", "356.04", "422.71", "412.68"],
        "108.22",
        4,
        Dearer,
    ),
    (
        100,
        2_000,
        256,
        ["0.67", "0.92", "1.58", "0.14"],
        "63.23",
        2,
        Cheaper,
    ),
    (
        1_000,
        2_000,
        256,
        ["6.67", "4.12", "10.78", "3.83"],
        "63.23",
        2,
        Cheaper,
    ),
    (
        10_000,
        2_000,
        256,
        ["66.67", "36.11", "102.78", "92.74"],
        "108.22",
        4,
        Same,
    ),
    (
        100_000,
        2_000,
        256,
        ["666.67", "356.04", "1,022.71", "1,012.68"],
        "737.97",
        32,
        Dearer,
    ),
    (
        100,
        60_000,
        256,
        ["20.00", "0.92", "20.92", "14.81"],
        "63.23",
        2,
        Cheaper,
    ),
    (
        1_000,
        60_000,
        256,
        ["200.00", "4.12", "204.12", "197.16"],
        "243.16",
        10,
        Cheaper,
    ),
    (
        10_000,
        60_000,
        256,
        ["2,000.01", "36.11", "2,036.12", "2,026.09"],
        "2,177.41",
        96,
        Same,
    ),
    (
        100_000,
        60_000,
        256,
        ["20,000.10", "356.04", "20,356.14", "20,346.11"],
        "21,429.97",
        952,
        Same,
    ),
    (
        100,
        200,
        1_769,
        ["0.46", "0.92", "1.38", "0.14"],
        "63.23",
        2,
        Cheaper,
    ),
    (
        1_000,
        200,
        1_769,
        ["4.61", "4.12", "8.72", "2.49"],
        "63.23",
        2,
        Cheaper,
    ),
    (
        10_000,
        200,
        1_769,
        ["46.07", "36.11", "82.18", "72.15"],
        "85.72",
        3,
        Same,
    ),
    (
        100_000,
        200,
        1_769,
        ["460.68", "356.04", "816.72", "806.69"],
        "603.02",
        26,
        Dearer,
    ),
    (
        100,
        2_000,
        1_769,
        ["4.61", "0.92", "5.53", "0.14"],
        "63.23",
        2,
        Cheaper,
    ),
    (
        1_000,
        2_000,
        1_769,
        ["46.07", "4.12", "50.19", "43.23"],
        "85.72",
        3,
        Cheaper,
    ),
    (
        10_000,
        2_000,
        1_769,
        ["460.68", "36.11", "496.79", "486.76"],
        "603.02",
        26,
        Cheaper,
    ),
    (
        100_000,
        2_000,
        1_769,
        ["4,606.79", "356.04", "4,962.84", "4,952.80"],
        "5,731.04",
        254,
        Cheaper,
    ),
    (
        100,
        60_000,
        1_769,
        ["138.20", "0.92", "139.12", "133.01"],
        "198.18",
        8,
        Cheaper,
    ),
    (
        1_000,
        60_000,
        1_769,
        ["1,382.04", "4.12", "1,386.16", "1,379.20"],
        "1,750.08",
        77,
        Cheaper,
    ),
    (
        10_000,
        60_000,
        1_769,
        ["13,820.38", "36.11", "13,856.49", "13,846.46"],
        "17,156.62",
        762,
        Cheaper,
    ),
    (
        100_000,
        60_000,
        1_769,
        ["134,383.60", "356.04", "134,739.64", "134,730.14"],
        "171,199.53",
        7_611,
        Cheaper,
    ),
];

#[test]
fn the_worked_table_of_tokyo_comes_out_to_the_cent() {
    for (thousands, milliseconds, memory, lambda, containers, count, verdict) in TOKYO {
        let row = format!("--jobs {thousands}k --duration {milliseconds}ms --memory {memory}");
        let Comparison { new, old, .. } = &compared(&row);
        let compute = line(new, "Lambda, jobs running");
        let sums = [
            usd(compute),
            usd(new.total() - compute),
            usd(new.total()),
            usd(new.total_with_free_tier()),
        ];
        assert_eq!(sums, *lambda, "{row}");
        assert_eq!(usd(old.total()), *containers, "{row}");
        let compared = compared(&row);
        assert_eq!(compared.containers_needed, Decimal::from(*count), "{row}");
        assert_eq!(compared.verdict, *verdict, "{row}");
    }
}

/// What is paid today, and the break-even without and with free tiers, in thousands and as exact as it is written: 256 MB
/// and 1,769 MB, each for jobs of 200 ms, 2 s and 60 s.
const BREAK_EVEN: &[(&str, &str, &str)] = &[
    (
        "",
        "63.23",
        "14850/17200 6130/7110 308/339 7680/8910 1260/1410 45/50",
    ),
    (
        "--keep-redis",
        "44.98",
        "10520/12900 4350/5330 218/249 5440/6670 895/1040 32/36",
    ),
    (
        "--containers 1x0.5vcpu/1gb",
        "40.74",
        "9520/11900 3930/4890 197/228 4920/6150 810/949 29/33",
    ),
    (
        "--instance t4g.small --cache none",
        "15.77",
        "3600/5600 1490/2260 75/105 1860/2880 306/436 11/15",
    ),
    (
        "--containers 1x0.25vcpu/0.5gb --cache none",
        "11.25",
        "2530/4090 1050/1780 52/82 1310/2280 215/343 8/12",
    ),
    (
        "--containers 1x0.25vcpu/0.5gb --cache none --container-arch arm64 --spot",
        "2.88",
        "549/1140 227/898 11/41 284/1140 47/171 2/6",
    ),
];

#[test]
fn the_break_even_is_where_the_bills_meet() {
    for (options, today, expected) in BREAK_EVEN {
        let sizes = [256, 1_769]
            .into_iter()
            .flat_map(|memory| ["200ms", "2s", "60s"].map(|duration| (memory, duration)));
        for ((memory, duration), points) in sizes.zip(expected.split(' ')) {
            let row = format!("{options} --memory {memory} --duration {duration}");
            let compared = compared(&row);
            assert_eq!(usd(compared.today), *today, "{row}");
            let (without, with) = points.split_once('/').unwrap();
            for (point, thousands) in [
                (compared.break_even, without),
                (compared.break_even_with_free_tier, with),
            ] {
                let BreakEven::Jobs(jobs) = point else {
                    panic!("{row}: {point:?}");
                };
                let written: u64 = thousands.parse().unwrap();
                let exact = 10_u64.pow(u32::try_from(thousands.len().saturating_sub(3)).unwrap());
                let off = jobs.abs_diff(written * 1_000);
                assert!(
                    off <= exact * 1_000,
                    "{row}: {jobs}, not {written} thousand"
                );
            }
        }
    }
}

#[test]
fn at_the_break_even_one_job_more_costs_more() {
    let cost = cost("--jobs 1M --duration 200ms");
    let prices = Prices::of(&cost.region).unwrap();
    let today = Decimal::new(4_498, 2);
    let BreakEven::Jobs(jobs) = break_even(&cost.workload, today, Bill::total, &prices).unwrap()
    else {
        panic!("there is one");
    };
    let total = |jobs: u64| {
        let mut workload = cost.workload.clone();
        workload.jobs = Decimal::from(jobs);
        workload.bill(&prices).unwrap().total()
    };
    assert!(total(jobs) <= today && total(jobs + 1) > today);
}

#[test]
fn the_same_jobs_in_virginia_are_compared_with_what_containers_cost_there() {
    let compared = compared("--region us-east-1 --jobs 1M --duration 2s --memory 1769");
    assert_eq!(usd(compared.today), "47.72");
}

#[test]
fn overhead_of_small_jobs_falls_as_worked_out() {
    for (options, sum) in [
        ("", "42.78"),
        ("--log 0.3", "37.70"),
        ("--batch 10 --log 0.3", "28.70"),
        ("--batch 10 --log 0.3 --guarantee at-least-once", "14.40"),
    ] {
        let compared = compared(&format!("--jobs 10M --duration 200ms {options}"));
        assert_eq!(usd(compared.new.total()), sum, "{options}");
    }
}

#[test]
fn heartbeats_are_lines_of_their_own_and_only_of_long_jobs() {
    let short = compared("--jobs 1M --duration 60s");
    assert_eq!(line(&short.new, "DynamoDB, heartbeats"), Decimal::ZERO);
    let long = compared("--jobs 1M --duration 5m");
    // Ten in five minutes: ten writes and ten requests to hide the message again.
    assert_eq!(usd(line(&long.new, "DynamoDB, heartbeats")), "7.15");
    assert_eq!(usd(line(&long.new, "SQS, hiding")), "4.00");
    let quick = compared("--jobs 1M --duration 20s --timeout 10m");
    assert_eq!(line(&quick.new, "DynamoDB, heartbeats"), Decimal::ZERO);
    let unkept = compared("--jobs 1M --duration 5m --guarantee at-least-once");
    assert_eq!(line(&unkept.new, "DynamoDB, heartbeats"), Decimal::ZERO);
}

#[test]
fn every_way_out_of_a_vpc_has_its_price() {
    for (options, sum) in [
        ("--vpc none", "0.00"),
        ("--vpc nat --zones 1", "48.91"),
        ("--vpc nat", "97.82"),
        ("--vpc endpoints --zones 1", "10.22"),
        ("--vpc endpoints --endpoints 2", "40.88"),
        ("--vpc endpoints --zones 1 --vpc-traffic 100", "11.22"),
        ("--vpc existing-nat --vpc-traffic 10", "0.62"),
        ("--vpc dual-stack", "0.00"),
    ] {
        assert_eq!(usd(line(&compared(options).new, "VPC")), sum, "{options}");
    }
}

#[test]
fn alarms_metrics_traces_and_retries_are_paid() {
    let plain = compared("--jobs 1M").new.total();
    for (options, more) in [
        ("--metrics 30", "9.00"),
        ("--alarms 13", "1.00"),
        ("--xray 90", "4.50"),
        ("--fair", "0.10"),
        ("--provisioned-pollers 2", "347.48"),
        ("--body 256", "2.40"),
    ] {
        let options = format!("--jobs 1M {options}");
        let sum = compared(&options).new.total();
        assert_eq!(usd(sum - plain), more, "{options}");
    }
    let retried = compared("--jobs 1M --retries 10").new;
    let again = line(&retried, "SQS, hiding");
    assert_eq!(usd(again), "0.04");
    assert_eq!(usd(line(&retried, "DynamoDB")), "1.57");
}

#[test]
fn metrics_are_paid_by_the_month_and_their_lines_as_logs() {
    for (options, metrics, logs) in [
        ("--metrics off", "0.00", "0.72"),
        // docs/monitoring.md has these three.
        (
            "--metrics alarms --functions 2 --job-types 5",
            "1.80",
            "0.97",
        ),
        (
            "--metrics function --functions 2 --job-types 5",
            "5.40",
            "1.20",
        ),
        (
            "--metrics jobs --functions 2 --job-types 5",
            "17.40",
            "1.48",
        ),
        (
            "--metrics jobs --functions 2 --job-types 5 --php-functions 1",
            "19.80",
            "1.48",
        ),
        // A batch has one line, or one for each job type that may be in it.
        ("--metrics function --batch 10", "2.70", "0.77"),
        ("--metrics jobs --batch 10 --job-types 4", "12.30", "1.02"),
        ("--metrics jobs --batch 10 --job-types 20", "50.70", "1.48"),
    ] {
        let new = compared(&format!("--jobs 1M {options}")).new;
        assert_eq!(usd(line(&new, "CloudWatch, custom")), metrics, "{options}");
        assert_eq!(usd(line(&new, "CloudWatch, logs")), logs, "{options}");
    }
}

/// <https://aws.amazon.com/sqs/pricing/>: every 64 KB of a payload is one request.
#[test]
fn a_receive_is_paid_by_what_all_its_messages_hold_together() {
    for (options, sends, receives) in [
        ("--body 64 --batch 1", 1, 1),
        ("--body 65 --batch 1", 2, 2),
        ("--body 1 --batch 10", 10, 1),
        ("--body 250 --batch 10", 40, 40),
        ("--body 10 --batch 10", 10, 2),
        // Of which each receive brings ten.
        ("--body 10 --batch 100", 100, 20),
    ] {
        let batch = options.rsplit(' ').next().unwrap();
        let new = compared(&format!("--jobs {batch} {options}")).new;
        let requests = |what: &str| {
            let mut lines = new.lines.iter();
            lines.find(|line| line.what == what).unwrap().quantity
        };
        assert_eq!(requests("SQS, sending"), Decimal::from(sends), "{options}");
        assert_eq!(
            requests("SQS, receiving"),
            Decimal::from(receives),
            "{options}"
        );
    }
}

#[test]
fn without_options_the_idle_stack_is_that_of_the_template() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let template = hikyaku_local::template::Template::read(&path).unwrap();
    let environment =
        hikyaku_local::template::Environment::new("https://sqs.us-east-1.amazonaws.com");
    let inspected = template.inspect(&environment).unwrap();
    let left_out = &inspected.left_out;
    let resources = inspected.root.get("Resources").unwrap().entries();
    let of_kind = |kind: &str| {
        let resources = resources.iter().filter(move |resource| {
            let there = !left_out.contains(&resource.key);
            there && resource.node.get("Type").and_then(|kind| kind.text()) == Some(kind)
        });
        resources
            .filter_map(|resource| resource.node.get("Properties"))
            .collect::<Vec<_>>()
    };
    let polled = of_kind("AWS::Serverless::Function");
    assert_eq!(polled.len(), usize::try_from(QUEUES).unwrap());
    let looked_at = of_kind("AWS::CloudWatch::Alarm").into_iter().map(|alarm| {
        let metrics = alarm.get("Metrics").and_then(|metrics| metrics.items());
        metrics.map_or(1, |metrics| {
            metrics
                .iter()
                .filter(|metric| metric.get("MetricStat").is_some())
                .count()
        })
    });
    assert_eq!(
        looked_at.sum::<usize>(),
        usize::try_from(ALARM_METRICS).unwrap()
    );
}

#[test]
fn free_tiers_are_used_up_once_across_the_lines() {
    let new = compared("--jobs 400k --duration 1s").new;
    let sqs: Decimal = new
        .lines
        .iter()
        .filter(|line| line.price == "sqs.request")
        .map(|line| line.usd_with_free_tier)
        .sum();
    // 1.2 million requests and 657,000 polls, a million of them free.
    assert_eq!(sqs, Decimal::new(3_428, 4));
}

#[test]
fn where_containers_win_it_says_so() {
    let cost = cost("--jobs 100M --duration 200ms --jpy 150");
    let comparison = sum(&cost);
    let prices = Prices::of(&cost.region).unwrap();
    let report = Report {
        workload: &cost.workload,
        present: &cost.present,
        prices: &prices,
        comparison: &comparison,
        jpy: cost.jpy,
        today: today(),
    };
    let text = report.text().unwrap();
    assert!(text.contains("Stay on containers"), "{text}");
    assert!(text.contains("--batch 10"), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert_eq!(report.json()["verdict"], "dearer");
    assert_eq!(report.json()["lambda"]["usd"], "422.709048");
}

#[test]
fn the_largest_numbers_it_takes_have_a_sum() {
    let most = "--jobs 1000b --duration 24h --memory 10240 --retries 1000 --cold 1000 --init 24h --body 1024 \
        --queues 4294967295 --pollers 1000 --log 1000000 --alarms 4294967295 --xray 1000 \
        --containers 4000000000x1000vcpu/1000gb --parallel 0.0001";
    let compared = compared(most);
    assert!(compared.new.total() > compared.new.total_with_free_tier());
}

#[test]
fn what_is_typed_wrong_is_said() {
    for (arguments, said) in [
        ("--jobs many", "a number of jobs is expected"),
        ("--duration 2d", "a time is expected"),
        ("--memory 64", "128"),
        ("--guarantee exactly-once", "at-least-once"),
        ("--containers 2", "2x0.5vcpu/1gb"),
        ("--fair --fifo", "cannot be used with"),
    ] {
        let words = ["hikyaku", "cost"]
            .into_iter()
            .chain(arguments.split_whitespace());
        let error = Arguments::try_parse_from(words).unwrap_err().to_string();
        assert!(error.contains(said), "{arguments}: {error}");
    }
}
