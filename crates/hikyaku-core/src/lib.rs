//! What becomes of a job: decode, claim, run, settle. No AWS, no I/O, no environment.
