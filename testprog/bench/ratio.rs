//! Configures the benchmark library criterion, with a plain call of a C function pointer as the
//! unit of time.

use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter};
use criterion::{Criterion, Throughput};

/// Returns criterion with short measurement times, because each sample is already a median.
pub(crate) fn criterion<M: Measurement + 'static>(unit: M) -> Criterion<M> {
    Criterion::default()
        .with_measurement(unit)
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500))
        .configure_from_args()
}

/// Unit of criterion's measurements: the cost of a plain call.
#[derive(Debug)]
pub(crate) struct Calls;

impl Measurement for Calls {
    type Intermediate = ();
    type Value = f64;

    fn start(&self) {
        unreachable!("each row measures its own time with `iter_custom`");
    }

    fn end(&self, (): ()) -> f64 {
        unreachable!("each row measures its own time with `iter_custom`");
    }

    fn add(&self, one: &f64, other: &f64) -> f64 {
        one + other
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value: &f64) -> f64 {
        *value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self
    }
}

impl ValueFormatter for Calls {
    fn format_value(&self, value: f64) -> String {
        format!("{value:.2} calls")
    }

    fn scale_values(&self, _: f64, _: &mut [f64]) -> &'static str {
        "calls"
    }

    fn scale_throughputs(&self, _: f64, _: &Throughput, _: &mut [f64]) -> &'static str {
        "calls"
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "calls"
    }
}
