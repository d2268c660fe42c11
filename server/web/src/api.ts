import type { Problem } from "./wire";

/** A refusal with words for a person, whatever went wrong underneath. */
export class Refused extends Error {
  constructor(readonly problem: Problem, readonly status: number) {
    super(problem.code);
  }
}

const UNREACHABLE: Problem = {
  code: "unreachable",
  message_ko: "서버에 닿지 않습니다. 네트워크를 확인하고 다시 시도하세요.",
  message_en: "The server can't be reached. Check the network and try again.",
};

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    if (body.code && body.message_ko) return body as Problem;
  } catch {
    // a proxy's error page is not JSON
  }
  return {
    code: `http_${response.status}`,
    message_ko: `서버가 요청을 처리하지 못했습니다 (${response.status}). 다시 시도하세요.`,
    message_en: `The server could not do this (${response.status}). Try again.`,
  };
}

/** A picture that is asked for with a reason: the same refusals as `call`. */
export async function pictureOf(path: string, body: unknown, timeoutMs: number): Promise<Blob> {
  return await (await ask("POST", path, body, timeoutMs, {})).blob();
}

/** One request to our own server; throws `Refused` for every failure. A `Blob` goes as it is, with `headers`. */
export async function call<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, timeoutMs = 8000, headers: Record<string, string> = {},
): Promise<T> {
  const response = await ask(method, path, body, timeoutMs, headers);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function ask(method: string, path: string, body: unknown, timeoutMs: number, headers: Record<string, string>): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : body instanceof Blob ? { headers, body } : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refused(UNREACHABLE, 0);
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.code === "not_signed_in") dispatchEvent(new Event("ansim:signed-out")); // whichever page wants to say so
    throw new Refused(problem, response.status);
  }
  return response;
}

export function asProblem(error: unknown): Problem {
  return error instanceof Refused ? error.problem : { ...UNREACHABLE, code: "unexpected" };
}
