/** A text as its reader would see it, with where each of its characters came from. */
export interface View {
  readonly text: string;
  /** Where each character begins in the original; one more, for the end. */
  readonly starts: Int32Array;
}

export interface ViewWriter {
  /** A sign, or nothing, in place of what stands from here to there; what stands before stays. */
  replace(from: number, to: number, sign: string): void;
  /** What is left stays. */
  end(): View;
}

/** `origin` is the view that the text is of, where it is one: the places are those of the original all the same. */
export function writeView(text: string, origin?: View): ViewWriter {
  const starts = new Int32Array(text.length + 1);
  const pieces: string[] = [];
  let length = 0;
  let at = 0;
  const placeOf = (here: number): number => (origin === undefined ? here : (origin.starts[here] ?? 0));
  const keep = (end: number): void => {
    pieces.push(text.slice(at, end));
    for (; at < end; at += 1) starts[length++] = placeOf(at);
  };
  return {
    replace(from, to, sign) {
      keep(from);
      pieces.push(sign);
      if (sign !== '') starts[length++] = placeOf(from);
      at = to;
    },
    end() {
      keep(text.length);
      starts[length] = placeOf(text.length);
      return { text: pieces.join(''), starts: starts.subarray(0, length + 1) };
    },
  };
}
