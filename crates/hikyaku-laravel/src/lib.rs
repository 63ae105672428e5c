//! What a queue message says: Laravel's wire formats and PHP serialize(), without any I/O.
