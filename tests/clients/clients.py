"""The clients: how each is generated, compiled and run."""

import dataclasses
import json
import pathlib

DRIVERS = pathlib.Path(__file__).resolve().parent / "drivers"

ORVAL = """export default {
  copydesk: {
    input: process.env.DOCUMENT,
    output: { target: "client/index.ts", client: "fetch", baseUrl: process.env.BASE_URL },
  },
};
"""

# The driver's own code must be free of warnings, the generated crate's need not.
CARGO = """[workspace]

[package]
name = "driver"
edition = "2024"

[dependencies]
client = { path = "client", default-features = false }
tokio = { version = "1", features = ["macros", "rt"] }

[profile.dev]
debug = false

[lints.rust]
warnings = "deny"
"""

IMPORT_ALL = """import client, importlib, pkgutil
for module in pkgutil.walk_packages(client.__path__, "client."):
    importlib.import_module(module.name)
"""


@dataclasses.dataclass
class Client:
    """The shell commands run in WORK_DIR/<name>; what they generate goes to `client` there."""

    name: str
    packages: list[str]
    driver: str
    generate: str
    rules: str
    compile: str
    drive: str
    files: dict[str, str] = dataclasses.field(default_factory=dict)
    # Steps that read an error's body by hand, or need help to write null, because the generator has no types for it.
    untyped: tuple[str, ...] = ()


def typescript(
    name: str, packages: list[str], generate: str, rules: list[str], config: str = "", untyped: tuple[str, ...] = ()
) -> Client:
    options = {
        "strict": True,
        **dict.fromkeys(rules, True),
        "noEmit": True,
        "target": "ES2022",
        "module": "ESNext",
        "moduleResolution": "Bundler",
        "lib": ["ES2022", "DOM", "DOM.Iterable"],
        "types": ["node"],
    }
    files = {
        "tsconfig.json": json.dumps({"compilerOptions": options, "include": ["driver.ts", "client/**/*.ts"]}),
        "steps.ts": (DRIVERS / "steps.ts").read_text(),
        "generator.config.mjs": config,
    }
    check = "tsc -p . --pretty false"
    return Client(
        name, packages, "driver.ts", generate, ", ".join(["tsc strict", *rules]), check, "tsx driver.ts", files, untyped
    )


def python(name: str, packages: list[str], generate: str) -> Client:
    check = "python import_all.py && mypy --strict --follow-imports=silent driver.py"
    files = {"import_all.py": IMPORT_ALL, "steps.py": (DRIVERS / "steps.py").read_text()}
    return Client(name, packages, "driver.py", generate, "mypy strict", check, "python driver.py", files)


def clients() -> list[Client]:
    extra = ["exactOptionalPropertyTypes", "noUncheckedIndexedAccess"]
    oag = ["openapi-generator-cli"]
    generator = 'openapi-generator-cli generate -i "$DOCUMENT"'
    return [
        typescript(
            "openapi-fetch",
            ["openapi-typescript", "openapi-fetch"],
            'openapi-typescript "$DOCUMENT" -o client/schema.d.ts',
            extra,
        ),
        # Its own fetch client does not pass exactOptionalPropertyTypes.
        typescript(
            "hey-api",
            ["@hey-api/openapi-ts"],
            'openapi-ts -i "$DOCUMENT" -o client -c @hey-api/client-fetch --no-log-file',
            ["noUncheckedIndexedAccess"],
        ),
        typescript("orval", ["orval"], "orval --config generator.config.mjs --fail-on-warnings", extra, ORVAL),
        python(
            "openapi-python-client",
            ["openapi-python-client"],
            # It knows no media type of metrics, XML, links and streams by itself.
            'printf "content_type_overrides:\\n" >config.yaml\n'
            "for it in application/openmetrics-text application/xml application/rss+xml application/atom+xml "
            "application/link-format text/event-stream; do "
            'printf "  %s: text/plain\\n" "$it" >>config.yaml; done\n'
            'openapi-python-client generate --path "$DOCUMENT" --output-path client --meta none --config config.yaml --fail-on-warning',
        ),
        typescript(
            "typescript-fetch",
            oag,
            f"{generator} -g typescript-fetch -o client",
            [],
            untyped=("If-Match", "404", "410"),
        ),
        python("python", oag, f"{generator} -g python -o . --additional-properties=packageName=client"),
        Client(
            "rust",
            oag,
            "src/main.rs",
            f"{generator} -g rust -o client --additional-properties=packageName=client",
            "deny(warnings)",
            "cargo build --quiet",
            "target/debug/driver",
            {"Cargo.toml": CARGO},
        ),
        # The generator's jar has all the libraries that this client needs, except the annotation `Generated`,
        # which an empty template leaves out, and jackson-databind-nullable.
        Client(
            "java",
            oag,
            "Driver.java",
            f"{generator} -g java -o client -t templates --additional-properties="
            "library=native,openApiNullable=false,useSingleRequestParameter=true",
            "javac -Xlint:all",
            'javac -proc:none -nowarn -cp "$JAR" -d classes $(find client/src/main -name "*.java") && '
            'javac -proc:none -Xlint:all -Werror -cp "$JAR:classes" -d classes Driver.java',
            'java -cp "$JAR:classes" Driver',
            {"templates/generatedAnnotation.mustache": ""},
            untyped=("null", "If-Match", "404", "410"),
        ),
    ]
