/** @file The one channel for notes: each goes into the result, and to whoever listens; else it is printed, once. */
import { type Note, type NoteCode, type Noted, noteLine, type OnNote } from '../../notes.js';

/** The notes of one call of a verb. */
export interface NoteCollector extends Noted {
  /** A note that was made already in this call is dropped. */
  readonly add: (notes: Note | readonly Note[]) => void;
}

/** Notes of one code that one call prints. */
const PRINTED_OF_A_CODE = 10;

/** One a project. */
export interface NoteChannel {
  /** @param onNote of this call; it stands for the project's own */
  readonly open: (onNote: OnNote | undefined) => NoteCollector;
}

/**
 * @param projectOnNote hears the notes of all calls without a listener of their own; without one, each distinct note is
 *   printed to standard error, once, and at most ten of one code in one call
 */
export function createNoteChannel(
  projectOnNote: OnNote | undefined,
  stream: Pick<NodeJS.WriteStream, 'write'> = process.stderr,
): NoteChannel {
  const printed = new Set<string>();
  /** For one call: of thousands of tasks without labels a reader learns no more than of a few. */
  const printer = (): OnNote => {
    const counts = new Map<NoteCode, number>();
    return (note) => {
      const line = noteLine(note);
      if (printed.has(line)) return;
      printed.add(line);
      const count = (counts.get(note.code) ?? 0) + 1;
      counts.set(note.code, count);
      if (count <= PRINTED_OF_A_CODE) stream.write(`${line}\n`);
      if (count === PRINTED_OF_A_CODE + 1) {
        stream.write(
          `headgate: ${note.code}: there are more of these; the result's \`notes\`, and \`onNote\`, have all.\n`,
        );
      }
    };
  };
  return Object.freeze({
    open: (onNote: OnNote | undefined): NoteCollector => {
      const tell = onNote ?? projectOnNote ?? printer();
      const notes: Note[] = [];
      const known = new Set<string>();
      return {
        notes,
        add: (given) => {
          for (const note of [given].flat() as readonly Note[]) {
            const line = noteLine(note);
            if (known.has(line)) continue;
            known.add(line);
            notes.push(note);
            tell(note);
          }
        },
      };
    },
  });
}

/** The result with the notes of the call that made it. */
export function withNotes<T extends object>(result: T, { notes }: Noted): T & Noted {
  return Object.freeze({ ...result, notes: Object.freeze([...notes]) });
}

/** A list with its notes, which stand in no loop, copy or JSON of it. */
export function listWithNotes<T>(list: readonly T[], { notes }: Noted): readonly T[] & Noted {
  const noted = Object.defineProperty(list, 'notes', { value: Object.freeze([...notes]), enumerable: false });
  return noted as readonly T[] & Noted; // defined just now
}
