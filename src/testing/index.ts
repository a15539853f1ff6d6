/**
 * `boxlite-web/testing`: make the network between an application and a BoxLite server fail by a script. Node
 * only.
 */
export type {
  Answer,
  Attach,
  AttachFaults,
  Cut,
  CutKind,
  FaultPlan,
  Place,
  PlainRequest,
  RequestFault,
  RequestPlan,
} from "./faults.ts";
export { type FaultProxy, type FaultProxyEvent, type FaultProxyOptions, startFaultProxy } from "./proxy.ts";
