export type FieldProblem = { code: string; pointer: string; message: string };

type Problem = {
  code?: string;
  detail?: string;
  request_id?: string;
  errors?: FieldProblem[];
} & Record<string, unknown>;

/** A failed request: the problem document of the server, or `unreachable` where none came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly fields: FieldProblem[] = [],
    readonly requestId: string | null = null,
    readonly facts: Record<string, unknown> = {},
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
    this.name = "ApiError";
  }

  static async of(response: Response): Promise<ApiError> {
    let problem: Problem = {};
    try {
      problem = (await response.json()) as Problem;
    } catch {
      // A proxy's page, or nothing at all: the status has to do.
    }
    const retryAfter = Number(response.headers.get("retry-after") ?? "");
    return ApiError.fromProblem(response.status, problem, retryAfter > 0 ? retryAfter : null);
  }

  static fromProblem(status: number, problem: Problem, retryAfter: number | null = null): ApiError {
    return new ApiError(
      status,
      problem.code ?? "unknown",
      problem.detail ?? "",
      problem.errors ?? [],
      problem.request_id ?? null,
      problem,
      retryAfter,
    );
  }

  static unreachable(): ApiError {
    return new ApiError(0, "unreachable", "");
  }

  get isSignedOut(): boolean {
    return this.status === 401;
  }

  /** Whether the same request may succeed later without a change. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** The sentence about the field at this JSON pointer (`#/name`), where there is one. */
  at(pointer: string): string | null {
    return this.fields.find((field) => field.pointer === pointer)?.message ?? null;
  }
}

/** Any thrown value as an ApiError. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, "unknown", "");
}
