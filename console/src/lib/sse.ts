// What a server says event by event (`text/event-stream`), read from the answer of any request.

export interface Frame {
  id?: string;
  kind?: string;
  data?: string;
}

export async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const [reader, decoder] = [body.getReader(), new TextDecoder()];
  try {
    for (let rest = ''; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      const whole = (rest + decoder.decode(value, { stream: true })).replaceAll('\r', '').split('\n\n');
      rest = whole.pop() ?? '';
      yield* whole.map(frame);
    }
  } finally {
    // Whoever stops listening hangs up.
    void reader.cancel().catch(() => undefined);
  }
}
function frame(text: string): Frame {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(text)?.[1];
  return { id: field('id'), kind: field('event'), data: field('data') };
}
