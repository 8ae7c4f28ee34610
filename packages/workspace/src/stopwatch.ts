/** Makes a function that prints what has been shown, and in front of it the seconds since the line before. */
export function stopwatch(): (text: string) => void {
  let sinceMs = performance.now();
  return (text) => {
    console.log(`${((performance.now() - sinceMs) / 1000).toFixed(0).padStart(4)} s  ${text}`);
    sinceMs = performance.now();
  };
}
