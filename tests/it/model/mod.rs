//! The state-machine test: random callers do random things to articles over HTTP while a clock
//! moves, and a newsroom in memory, which is the contract in code, says what each must be told.
//! Every status, code, body and list is compared; a failure is shrunk to its shortest sequence.
//!
//! `MODEL_RUNS` sets the number of sequences, `MODEL_SEED` the seed, which is printed.

mod article;
mod follower;
mod newsroom;
mod oracle;
mod readers;
mod reads;
mod remarks;
mod run;
mod steps;
mod wire;
mod writes;

use std::cell::{Cell, RefCell};

use proptest::test_runner::{Config, RngSeed, TestRunner};

use run::{Run, Tally};
use steps::sequence;

/// Ends a sequence where the server says something else than the model.
macro_rules! same {
    ($left:expr, $right:expr, $($about:tt)+) => {{
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err(TestCaseError::fail(format!("{}\n  server: {left:?}\n   model: {right:?}", format!($($about)+))));
        }
    }};
}

use same;

/// Sequences in a usual run: some seconds.
const RUNS: u32 = 40;
/// Most turns of one; a turn is a step or a few.
const TURNS: usize = 100;
/// Any other would do as well; with one that is fixed a commit that passed passes again.
const SEED: u64 = 20_261_123;

#[expect(clippy::disallowed_methods, reason = "a developer's way to look longer")]
fn number<T: std::str::FromStr>(name: &str, usual: T) -> T {
    let given = std::env::var(name).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn the_newsroom_does_what_the_contract_says() {
    run(number("MODEL_RUNS", RUNS), true);
}

/// What is answered from memory is what is answered without: both are what the contract says.
#[test]
fn the_newsroom_does_the_same_without_kept_answers() {
    run(number("MODEL_RUNS", RUNS / 4), false);
}

fn run(runs: u32, keeps_answers: bool) {
    let seed = number("MODEL_SEED", SEED);
    let config = Config {
        cases: runs,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let (steps, told) = (Cell::new(0), RefCell::new(Tally::new()));
    let outcome = TestRunner::new(config).run(&sequence(TURNS), |taken| {
        steps.set(steps.get() + taken.len());
        let tally = actix_web::rt::System::new().block_on(Run::through(taken, keeps_answers))?;
        for (answer, times) in tally {
            *told.borrow_mut().entry(answer).or_default() += times;
        }
        Ok(())
    });
    let told = told.into_inner();
    let (steps, answers) = (steps.get(), told.values().sum::<usize>());
    println!("model: seed {seed}, {runs} runs, {steps} steps, {answers} answers compared");
    for ((status, code), times) in told {
        println!("model: {times:>7} {status} {code}");
    }
    if let Err(failure) = outcome {
        panic!("seed {seed}: {failure}");
    }
}
