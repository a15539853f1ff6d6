export { downloadPath } from "./download-path.ts";
export { uploadPath } from "./upload-path.ts";
