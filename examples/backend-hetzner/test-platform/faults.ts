/** What happens to the next create request. */
export type CreateFault =
  | { readonly kind: "refuse"; readonly status: number; readonly code: string }
  /** It never arrives; its sender hears a reset. */
  | { readonly kind: "lose request" }
  /** It takes effect, and is answered with this error. */
  | { readonly kind: "fail after"; readonly status: number; readonly code: string }
  /** It takes effect after so many seconds; its sender hears a reset at once. */
  | { readonly kind: "lose answer"; readonly afterSeconds: number }
  /** It takes effect, and is answered, after so many seconds. */
  | { readonly kind: "slow"; readonly seconds: number };

/** Faults that wait for the call that they fit; set by tests. Numbers are how many calls they still concern. */
export class Faults {
  create: CreateFault | undefined;
  refusedDestroys = 0;
  /** The next destroy takes so many seconds. */
  slowDestroySeconds: number | undefined;
  failedLists = 0;
  emptyLists = 0;
  wrongHostKeys = 0;
  bannersOnly = 0;
  lostStartAnswers = 0;

  /** Whether one of those is left, which is then used up. */
  take(fault: "refusedDestroys" | "failedLists" | "emptyLists" | "wrongHostKeys" | "bannersOnly" | "lostStartAnswers"): boolean {
    if (this[fault] === 0) return false;
    this[fault] -= 1;
    return true;
  }

  /** The fault of the next create, which is then used up. */
  takeCreate(): CreateFault | undefined {
    const fault = this.create;
    this.create = undefined;
    return fault;
  }

  /** The delay of the next destroy, which is then used up. */
  takeSlowDestroy(): number | undefined {
    const seconds = this.slowDestroySeconds;
    this.slowDestroySeconds = undefined;
    return seconds;
  }

  /** No more faults. */
  heal(): void {
    Object.assign(this, new Faults());
  }
}
