import type { BoxLite } from "boxlite-web";

/**
 * Runs a command and answers with its output, as it comes: for every server that speaks `Request` and `Response`. When the page
 * leaves, servers abort the request's signal, which kills the command. The box is removed in any case.
 */
export async function streamCommand(request: Request, boxlite: BoxLite, command: string): Promise<Response> {
  const box = await boxlite.boxes.create({ image: "alpine:latest" });
  const remove = () => box.remove({ force: true }).catch(console.error);
  try {
    // A response has one body: the shell puts both streams into one, in the order in which they were written.
    const args = ["-c", `exec 2>&1\n${command}`];
    const { stdout, exit } = await box.exec("sh", args, { stdin: "", signal: request.signal });
    exit.then(remove, remove);
    return new Response(stdout, {
      headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
    });
  } catch (error) {
    await remove();
    throw error;
  }
}
