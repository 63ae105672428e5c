//! The whole local cloud, started from one template.
