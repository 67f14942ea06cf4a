// What the TypeScript drivers share. run.py reads the lines that `step` prints.
import { randomUUID } from "node:crypto";
import { inspect } from "node:util";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const baseUrl = setting("BASE_URL");
export const key = setting("KEY");
export const authorization = { Authorization: `Bearer ${key}` };

export const unique = (): string => `c${randomUUID().slice(0, 8)}`;

export function same<T>(got: T, wanted: T): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) throw new Error(`got ${inspect(got)}, wanted ${inspect(wanted)}`);
}

export function fail(what: string, answer: unknown): never {
  throw new Error(`${what}: ${inspect(answer, { depth: 4 })}`);
}

export async function step(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAIL ${name}\n${inspect(error)}`);
  }
}
