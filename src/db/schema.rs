//! The tables as Diesel sees them. `tests/it/migrations.rs` compares them with the file.

diesel::table! {
    history_clock (id) { id -> BigInt, last_at -> BigInt, }
}
diesel::table! {
    api_keys (id) {
        id -> BigInt, public_id -> Text, name -> Text, prefix -> Text, secret_sha256 -> Binary,
        scopes -> Text, created_at -> BigInt, expires_at -> Nullable<BigInt>, revoked_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>, created_by -> Nullable<Text>, created_by_key_id -> Nullable<Text>,
        revoked_by -> Nullable<Text>, revoked_by_key_id -> Nullable<Text>,
    }
}
diesel::table! {
    audit_events (id) {
        id -> BigInt, public_id -> Text, event -> Text, at -> BigInt, last_at -> BigInt, count -> BigInt,
        actor -> Nullable<Text>, actor_key_id -> Nullable<Text>, subject -> Nullable<Text>,
        address -> Nullable<Text>, note -> Nullable<Text>,
    }
}
diesel::table! {
    blocked_addresses (id) {
        id -> BigInt, public_id -> Text, address -> Text, comment -> Text, reason -> Nullable<Text>,
        created_at -> BigInt, until -> BigInt, actor -> Text, actor_key_id -> Nullable<Text>,
    }
}
diesel::table! {
    articles (id) {
        id -> BigInt, public_id -> Text, slug -> Text, state -> Text, version -> BigInt,
        title -> Text, summary -> Nullable<Text>, dateline -> Nullable<Text>, body_format -> Text,
        word_count -> BigInt, authors -> Text, source_name -> Nullable<Text>, source_url -> Nullable<Text>,
        external_id -> Nullable<Text>, canonical_url -> Nullable<Text>, language -> Text,
        section -> Nullable<Text>, tags -> Text, image -> Nullable<Text>, comments_policy -> Text,
        comment_count -> BigInt, metadata -> Text, published_at -> Nullable<BigInt>,
        went_public_at -> Nullable<BigInt>, created_at -> BigInt, updated_at -> BigInt,
        trashed_at -> Nullable<BigInt>, access -> Text, embargo_until -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>, comments_close_at -> Nullable<BigInt>, sort_key -> BigInt,
    }
}
diesel::table! {
    article_removals (article_id) {
        article_id -> BigInt, withdrawn_at -> Nullable<BigInt>, notice -> Nullable<Text>,
        replaced_by -> Nullable<BigInt>, blocked_at -> Nullable<BigInt>, authority -> Nullable<Text>,
        reference -> Nullable<Text>, state_before_block -> Nullable<Text>, went_public_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    article_seen (article_id) { article_id -> BigInt, first_seen_at -> BigInt, }
}
diesel::table! {
    former_slugs (slug, left_at, article_id) { slug -> Text, left_at -> BigInt, article_id -> BigInt, }
}
diesel::table! {
    article_bodies (article_id) { article_id -> BigInt, body -> Text, body_html -> Text, }
}
diesel::table! {
    article_history (id) {
        id -> BigInt, article_id -> BigInt, version -> BigInt, event -> Text, actor -> Text,
        reason -> Nullable<Text>, changes -> Text, subject -> Nullable<Text>,
        restored_version -> Nullable<BigInt>, details -> Text, state -> Nullable<Text>,
        published_at -> Nullable<BigInt>, at -> BigInt, went_public_at -> Nullable<BigInt>, actor_key_id -> Nullable<Text>,
    }
}
diesel::table! {
    article_revisions (article_id, last_version) {
        article_id -> BigInt, last_version -> BigInt, content -> Nullable<Text>, body -> Nullable<Text>,
    }
}
diesel::table! {
    article_corrections (id) {
        id -> BigInt, public_id -> Text, article_id -> BigInt, note -> Text, corrected_at -> BigInt,
        withdrawn_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    idempotent_answers (request_sha256) {
        request_sha256 -> Binary, body_sha256 -> Binary, answer -> Text, body -> Text, subject -> Text, kept_at -> BigInt,
    }
}
diesel::table! {
    disclaimers (id) {
        id -> BigInt, public_id -> Text, key -> Text, language -> Nullable<Text>, version -> BigInt,
        created_at -> BigInt, updated_at -> BigInt, ever_rule -> BigInt,
    }
}
diesel::table! {
    disclaimer_versions (disclaimer_id, version) {
        disclaimer_id -> BigInt, version -> BigInt, key -> Text, language -> Nullable<Text>, title -> Text,
        body -> Text, body_format -> Text, body_html -> Text, kind -> Text, placement -> Text,
        priority -> BigInt, created_at -> BigInt, text_mode -> Text, applies_to -> Nullable<Text>,
        effective_from -> Nullable<BigInt>, effective_until -> Nullable<BigInt>, retired_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    disclaimer_marks (id) { id -> BigInt, mark -> Binary, }
}
diesel::table! {
    article_disclaimers (id) {
        id -> BigInt, article_id -> BigInt, disclaimer_id -> BigInt, attached_at -> BigInt,
        detached_at -> Nullable<BigInt>,
    }
}
diesel::table! {
    comments (id) {
        id -> BigInt, public_id -> Text, article_id -> BigInt, state -> Text, version -> BigInt,
        author_name -> Text, author_email -> Nullable<Text>, body -> Text, body_html -> Text,
        state_reason -> Nullable<Text>, created_at -> BigInt, updated_at -> BigInt,
        deleted_at -> Nullable<BigInt>, parent_id -> Nullable<BigInt>, parent_public_id -> Nullable<Text>,
        path -> Text, depth -> BigInt, reply_count -> BigInt, shown -> BigInt, held_by -> Nullable<Text>, in_thread -> BigInt,
        by_site -> BigInt, report_count -> BigInt, erased_at -> Nullable<BigInt>, email_key -> Nullable<Text>, said -> Nullable<BigInt>,
    }
}
diesel::table! {
    comment_history (id) {
        id -> BigInt, comment_id -> BigInt, version -> BigInt, state -> Text, actor -> Text,
        reason -> Nullable<Text>, held_by -> Nullable<Text>, edited -> BigInt, at -> BigInt, actor_key_id -> Nullable<Text>,
    }
}
diesel::table! {
    comment_addresses (comment_id) { comment_id -> BigInt, address -> Text, at -> BigInt, }
}
diesel::table! {
    comment_reports (id) {
        id -> BigInt, comment_id -> BigInt, reporter -> Nullable<Text>, reason -> Nullable<Text>,
        settled -> BigInt, at -> BigInt,
    }
}
diesel::table! {
    article_publications (id) { id -> BigInt, article_id -> BigInt, since -> BigInt, until -> Nullable<BigInt>, }
}
diesel::table! {
    site_languages (since) { since -> BigInt, language -> Text, }
}
diesel::table! {
    site_secrets (id) { id -> BigInt, secret -> Binary, }
}
diesel::table! {
    spellings (kind, text) { kind -> Text, text -> Text, key -> Text, folding -> BigInt, }
}
diesel::table! {
    imported_files (path) {
        path -> Text, article_id -> BigInt, sha256 -> Binary, imported_at -> BigInt, source_version -> Nullable<BigInt>,
    }
}
diesel::table! {
    imported_comments (source_id) {
        source_id -> Text, comment_id -> BigInt, sha256 -> Binary, imported_at -> BigInt,
        source_version -> Nullable<BigInt>,
    }
}
diesel::table! {
    imported_addresses (address) { address -> Text, article_id -> BigInt, }
}
diesel::table! {
    purged_imports (sha256) { sha256 -> Binary, purged_at -> BigInt, }
}
diesel::table! {
    unfinished_imports (id) { id -> BigInt, began_at -> BigInt, keys_before -> BigInt, taken_at -> BigInt, }
}
diesel::table! {
    article_terms (kind, key, sort_key, article_id) {
        kind -> Text, key -> Text, sort_key -> BigInt, article_id -> BigInt, public_from -> Nullable<BigInt>,
        public_until -> Nullable<BigInt>, there -> BigInt,
    }
}
diesel::table! {
    terms (kind, key) { kind -> Text, key -> Text, value -> Text, name -> Text, is_given -> BigInt, }
}
diesel::table! {
    reading_rules (id) { id -> BigInt, version -> Text, }
}
diesel::table! {
    changes (id) {
        id -> BigInt, kind -> Text, subject -> Text, article -> Nullable<Text>, version -> Nullable<BigInt>, at -> BigInt,
        cache_groups -> Nullable<Text>,
    }
}
diesel::table! {
    change_log (id) { id -> BigInt, removed_until -> BigInt, compacted_until -> BigInt, }
}
diesel::table! {
    change_log_epochs (number) { number -> BigInt, epoch -> Text, position -> BigInt, }
}
diesel::table! {
    webhooks (id) {
        id -> BigInt, public_id -> Text, url -> Text, types -> Text, filter -> Nullable<Text>,
        description -> Nullable<Text>, secret_number -> BigInt, former_secret_until -> Nullable<BigInt>, position -> BigInt,
        failing_since -> Nullable<BigInt>, disabled_at -> Nullable<BigInt>, disabled_reason -> Nullable<Text>,
        sender -> Nullable<Text>, sender_until -> BigInt, created_at -> BigInt, updated_at -> BigInt,
        created_by -> Text, created_by_key_id -> Nullable<Text>,
    }
}
diesel::table! {
    webhook_deliveries (id) {
        id -> BigInt, public_id -> Text, webhook_id -> BigInt, event -> Text, change -> Nullable<BigInt>, body -> Text,
        state -> Text, attempts -> BigInt, created_at -> BigInt, last_at -> BigInt, next_at -> Nullable<BigInt>,
        status -> Nullable<BigInt>, failure -> Nullable<Text>, took -> Nullable<BigInt>,
    }
}
diesel::table! {
    article_publicity (article_id) {
        article_id -> BigInt, shows -> Text, due_at -> Nullable<BigInt>, at -> BigInt,
    }
}

diesel::joinable!(article_bodies -> articles (article_id));
diesel::joinable!(article_disclaimers -> articles (article_id));
diesel::joinable!(article_disclaimers -> disclaimers (disclaimer_id));
diesel::joinable!(comments -> articles (article_id));
diesel::joinable!(article_revisions -> articles (article_id));
diesel::joinable!(comment_addresses -> comments (comment_id));
diesel::joinable!(imported_files -> articles (article_id));
diesel::joinable!(imported_addresses -> articles (article_id));
diesel::joinable!(imported_comments -> comments (comment_id));
diesel::joinable!(former_slugs -> articles (article_id));
diesel::allow_tables_to_appear_in_same_query!(
    articles, article_bodies, article_revisions, former_slugs, article_disclaimers, disclaimers,
    disclaimer_versions, comment_addresses, comments, idempotent_answers, imported_files,
    imported_addresses, imported_comments,
);
