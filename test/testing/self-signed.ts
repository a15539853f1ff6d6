import { generateKeyPairSync, sign } from "node:crypto";

/** One DER value: tag, length, content. */
function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), body]);
}

const SEQUENCE = 0x30;
const COMMON_NAME = Buffer.of(0x55, 0x04, 0x03);
const ECDSA_WITH_SHA256 = Buffer.from("2a8648ce3d040302", "hex");

/** A key made on the spot, and a certificate for it that nobody vouches for. */
export function selfSigned(): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = der(
    SEQUENCE,
    der(0x31, der(SEQUENCE, der(0x06, COMMON_NAME), der(0x0c, Buffer.from("localhost")))),
  );
  const algorithm = der(SEQUENCE, der(0x06, ECDSA_WITH_SHA256));
  const date = (text: string) => der(0x18, Buffer.from(text));
  const contents = der(
    SEQUENCE,
    der(0x02, Buffer.of(1)),
    algorithm,
    name,
    der(SEQUENCE, date("20200101000000Z"), date("21200101000000Z")),
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = der(0x03, Buffer.of(0), sign("sha256", contents, privateKey));
  const certificate = der(SEQUENCE, contents, algorithm, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
  };
}
