-- How far each import came. The function writes it in the same transaction as the imported rows.
CREATE TABLE hikyaku_cursors (
    job_id varchar(191) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    url text NOT NULL,
    table_name varchar(191) NOT NULL,
    object_version varchar(191) NOT NULL,
    token bigint NOT NULL,
    chunk bigint NOT NULL,
    byte_offset bigint NOT NULL,
    line_number bigint NOT NULL,
    rows_read bigint NOT NULL,
    imported bigint NOT NULL,
    rejected bigint NOT NULL,
    finished boolean NOT NULL,
    updated_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
) ENGINE=InnoDB;
CREATE INDEX hikyaku_cursors_updated_at_index ON hikyaku_cursors (updated_at);
-- The rows that an import rejected, until it is over and they are written to IMPORT_REJECTS_URL.
CREATE TABLE hikyaku_rejects (
    job_id varchar(191) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    chunk bigint NOT NULL,
    header mediumtext CHARACTER SET utf8mb4 NOT NULL,
    lines_of_csv mediumtext CHARACTER SET utf8mb4 NOT NULL,
    PRIMARY KEY (job_id, chunk)
) ENGINE=InnoDB;
