-- Speed: what is read of disclaimers is kept in memory, and asked for only after a change.

-- One row: a mark of what disclaimers and the newsroom's language are. Each change gives another one, at random: where
-- two files have the same mark, one is a copy of the other, and so are these rows. What is made of them is kept under it.
create table disclaimer_marks (
    id integer not null primary key check (id = 1),
    mark blob not null check (length(mark) = 16)
) strict;
insert into disclaimer_marks (id, mark) values (1, randomblob(16));
-- Whoever changes the rows, the mark follows.
create trigger disclaimers_added after insert on disclaimers begin update disclaimer_marks set mark = randomblob(16); end;
-- The mark follows: disclaimers changed.
create trigger disclaimers_changed after update on disclaimers begin update disclaimer_marks set mark = randomblob(16); end;
-- The mark follows: disclaimers deleted.
create trigger disclaimers_deleted after delete on disclaimers begin update disclaimer_marks set mark = randomblob(16); end;
-- The mark follows: disclaimer versions added.
create trigger disclaimer_versions_added after insert on disclaimer_versions begin update disclaimer_marks set mark = randomblob(16); end;
-- The mark follows: disclaimer versions changed.
create trigger disclaimer_versions_changed after update on disclaimer_versions begin update disclaimer_marks set mark = randomblob(16); end;
-- The mark follows: disclaimer versions deleted.
create trigger disclaimer_versions_deleted after delete on disclaimer_versions begin update disclaimer_marks set mark = randomblob(16); end;
-- The mark follows: site languages added.
create trigger site_languages_added after insert on site_languages begin update disclaimer_marks set mark = randomblob(16); end;
-- The mark follows: site languages changed.
create trigger site_languages_changed after update on site_languages begin update disclaimer_marks set mark = randomblob(16); end;
-- The mark follows: site languages deleted.
create trigger site_languages_deleted after delete on site_languages begin update disclaimer_marks set mark = randomblob(16); end;

-- Articles that expire, in the order of lists: what has expired is looked for among them.
create index articles_ending on articles (sort_key desc, id desc) where expires_at is not null and trashed_at is null;
