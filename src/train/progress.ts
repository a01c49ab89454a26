/** @file What a person sees of a fit: a bar on a terminal, plain lines elsewhere. Both go to standard error. */
import { SingleBar } from 'cli-progress';
import { type EpochRecord, epochLine } from './history.js';

export interface Progress {
  readonly epochStart: (epoch: number, steps: number) => void;
  /** `loss` is the mean of the epoch's batch losses so far. */
  readonly step: (step: number, loss: number) => void;
  readonly epochEnd: (record: EpochRecord) => void;
  /** Leaves the terminal clean, also after an error. */
  readonly end: () => void;
}

const SILENT: Progress = { epochStart() {}, step() {}, epochEnd() {}, end() {} };

/** @param show false: nothing; true: a bar where `stream` is a terminal, one line an epoch where it is not. */
export function createProgress(show: boolean, epochs: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!show) return SILENT;
  const line = (text: string): void => {
    stream.write(`${text}\n`);
  };
  if (!stream.isTTY) return { ...SILENT, epochEnd: (record) => line(epochLine(record, epochs)) };
  let bar: SingleBar | null = null;
  const stop = (): void => {
    bar?.stop();
    bar = null;
  };
  return {
    epochStart: (epoch, steps) => {
      bar = new SingleBar({
        format: `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs} {bar} {value}/{total}  loss {loss}`,
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        fps: 10,
        stream,
      });
      bar.start(steps, 0, { loss: '' });
    },
    step: (step, loss) => bar?.update(step, { loss: loss.toFixed(4) }),
    epochEnd: (record) => {
      stop();
      line(epochLine(record, epochs));
    },
    end: stop,
  };
}
