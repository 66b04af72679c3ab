-- Why: a log that was written to for longer than logs are kept lost its place, and its lines of the last hour with those
-- of its first day. Lines now lie in the day that they came on; a log says on which day its first came.

-- +goose Up

-- Null is the same as day: the log of one day, and what a binary from before this writes.
alter table logs add column first_day date;
alter table logs add constraint logs_days_order check (first_day <= day);
