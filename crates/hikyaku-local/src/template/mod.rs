//! A SAM template, read into what the local cloud needs.
