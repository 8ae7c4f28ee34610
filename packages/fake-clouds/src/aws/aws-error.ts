/** An error as AWS answers it. */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly status: number;
  /** `InvalidInstanceID.NotFound` */
  readonly code: string;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
