import { type Box, BoxLite } from "boxlite-web";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { useExecution } from "./use-execution.ts";

function Output({ box, executionId }: { box: Box; executionId: string }) {
  const { state, stdout, exit, error } = useExecution(box, executionId);
  return (
    <>
      <p role="status">{state}</p>
      <pre>{stdout}</pre>
      {exit && <p>exit code {exit.exitCode ?? "unknown"}</p>}
      {error !== undefined && <p role="alert">{String(error)}</p>}
    </>
  );
}

function App({ box, executionId }: { box: Box; executionId: string }) {
  const [shown, setShown] = useState(true);
  return (
    <>
      <button type="button" onClick={() => setShown(!shown)}>
        {shown ? "Hide" : "Show"}
      </button>
      {shown && <Output box={box} executionId={executionId} />}
    </>
  );
}

/** What is followed stands in the URL, and is followed again after a reload. */
async function find(): Promise<{ box: Box; executionId: string }> {
  const { boxes } = new BoxLite({ baseUrl: "/api" });
  const [boxId, id] = location.hash.slice(1).split("/");
  if (boxId && id) return { box: await boxes.get(boxId), executionId: id };
  const box = await boxes.create({ image: "alpine:latest" });
  const execution = await box.exec("sh", ["-c", "touch app.log; exec tail -f app.log"]);
  // There is one attach to each execution, and it is the component's.
  execution.detach();
  location.hash = `${box.id}/${execution.id}`;
  return { box, executionId: execution.id };
}

const root = document.querySelector("#root");
if (root === null) throw new Error("the page has no #root");
const found = await find();
createRoot(root).render(
  <StrictMode>
    <App {...found} />
  </StrictMode>,
);
