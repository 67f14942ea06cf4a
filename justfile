# The list of recipes.
default:
    @just --list

# Start the server: `just run demo`, `just run --listen 127.0.0.1:8080`.
run *args:
    cargo run --locked -- {{ args }}

# Run the tests, or those whose name holds the words given.
test *args:
    cargo test --locked {{ args }}

# All that CI checks, in CI's order.
ci:
    bash .ci/run

# Format the code.
fmt:
    cargo fmt

# Formatting, lints and documentation, without tests.
lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked

# Write what is generated from the code anew; the Postman collection is written by `just ci`.
generated:
    UPDATE=1 cargo test --locked openapi
