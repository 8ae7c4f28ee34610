import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open, opendir, readlink, realpath, rename, rm, rmdir, stat, symlink, utimes, chmod, truncate } from "node:fs/promises";
import type { Dir } from "node:fs";
import { resolve } from "node:path";
import ssh2, { type Attributes, type FileEntry, type SFTPWrapper } from "ssh2";

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;
const entriesPerAnswer = 100;
const maxReadBytes = 262_144;

const attributesOf = ({ mode, uid, gid, size, atimeMs, mtimeMs }: Stats): Attributes =>
  ({ mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) });

/** The line that `ls -l` of a client shows. */
const longName = (name: string, { mode, size, mtime, uid, gid }: Stats): string => {
  const kind = (mode & constants.S_IFMT) === constants.S_IFDIR ? "d" : (mode & constants.S_IFMT) === constants.S_IFLNK ? "l" : "-";
  const bits = [..."rwxrwxrwx"].map((letter, index) => (mode & (0o400 >> index) ? letter : "-")).join("");
  return `${kind}${bits} 1 ${uid} ${gid} ${size} ${mtime.toISOString().slice(0, 16).replace("T", " ")} ${name}`;
};

const statusOf = (error: unknown): number => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return STATUS_CODE.NO_SUCH_FILE;
  return code === "EACCES" || code === "EPERM" ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE;
};

/** The flags of open(2) for those of SFTP version 3. */
function flagsOf(mode: number): number {
  const has = (bit: number) => (mode & bit) !== 0;
  const access = has(OPEN_MODE.READ) && has(OPEN_MODE.WRITE) ? constants.O_RDWR : has(OPEN_MODE.WRITE) ? constants.O_WRONLY : constants.O_RDONLY;
  return access | (has(OPEN_MODE.APPEND) ? constants.O_APPEND : 0) | (has(OPEN_MODE.CREAT) ? constants.O_CREAT : 0)
    | (has(OPEN_MODE.TRUNC) ? constants.O_TRUNC : 0) | (has(OPEN_MODE.EXCL) ? constants.O_EXCL : 0);
}

async function setAttributes(path: string, { mode, size, atime, mtime }: Partial<Attributes>): Promise<void> {
  if (size !== undefined) await truncate(path, size);
  if (mode !== undefined) await chmod(path, mode & 0o7777);
  if (atime !== undefined && mtime !== undefined) await utimes(path, atime, mtime);
}

/**
 * Serves SFTP version 3 (draft-ietf-secsh-filexfer-02) with the rights of this process. Relative paths start at `root`;
 * nothing keeps a client below it.
 */
export function serveSftp(sftp: SFTPWrapper, root: string): void {
  const files = new Map<number, { readonly file: FileHandle; readonly path: string }>();
  const folders = new Map<number, { readonly dir: Dir; readonly path: string }>();
  let handles = 0;
  const at = (path: string) => resolve(root, path);
  const newHandle = (): [number, Buffer] => {
    handles += 1;
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32BE(handles);
    return [handles, buffer];
  };
  const numberOf = (handle: Buffer) => (handle.length === 4 ? handle.readUInt32BE() : -1);
  const held = <T>(from: ReadonlyMap<number, T>, handle: Buffer): T => {
    const found = from.get(numberOf(handle));
    if (found === undefined) throw new Error("no such handle");
    return found;
  };
  /** Runs a request; one that gives nothing is answered with OK, one that fails with its status. */
  const answer = (id: number, work: () => Promise<void | (() => void)>) => {
    work().then(
      (send) => (send === undefined ? sftp.status(id, STATUS_CODE.OK) : send()),
      (error: unknown) => sftp.status(id, statusOf(error), error instanceof Error ? error.message : String(error)),
    );
  };

  sftp.on("OPEN", (id, name, flags, attributes) => answer(id, async () => {
    const path = at(name);
    const file = await open(path, flagsOf(flags), (attributes.mode ?? 0o644) & 0o7777);
    const [number, handle] = newHandle();
    files.set(number, { file, path });
    return () => sftp.handle(id, handle);
  }));
  sftp.on("READ", (id, handle, offset, length) => answer(id, async () => {
    const buffer = Buffer.alloc(Math.min(length, maxReadBytes));
    const { bytesRead } = await held(files, handle).file.read(buffer, 0, buffer.length, offset);
    return () => (bytesRead === 0 ? sftp.status(id, STATUS_CODE.EOF) : sftp.data(id, buffer.subarray(0, bytesRead)));
  }));
  sftp.on("WRITE", (id, handle, offset, data) => answer(id, async () => {
    const { file } = held(files, handle);
    for (let written = 0; written < data.length;) written += (await file.write(data, written, data.length - written, offset + written)).bytesWritten;
  }));
  sftp.on("CLOSE", (id, handle) => answer(id, async () => {
    const number = numberOf(handle);
    const file = files.get(number);
    const folder = folders.get(number);
    files.delete(number);
    folders.delete(number);
    await (file?.file.close() ?? folder?.dir.close());
  }));
  sftp.on("OPENDIR", (id, name) => answer(id, async () => {
    const path = at(name);
    const dir = await opendir(path);
    const [number, handle] = newHandle();
    folders.set(number, { dir, path });
    return () => sftp.handle(id, handle);
  }));
  sftp.on("READDIR", (id, handle) => answer(id, async () => {
    const { dir, path } = held(folders, handle);
    const names: FileEntry[] = [];
    while (names.length < entriesPerAnswer) {
      const entry = await dir.read();
      if (entry === null) break;
      const stats = await lstat(resolve(path, entry.name));
      names.push({ filename: entry.name, longname: longName(entry.name, stats), attrs: attributesOf(stats) });
    }
    return () => (names.length === 0 ? sftp.status(id, STATUS_CODE.EOF) : sftp.name(id, names));
  }));
  const sendStats = (id: number, read: () => Promise<Stats>) => answer(id, async () => {
    const stats = await read();
    return () => sftp.attrs(id, attributesOf(stats));
  });
  sftp.on("STAT", (id, path) => sendStats(id, () => stat(at(path))));
  sftp.on("LSTAT", (id, path) => sendStats(id, () => lstat(at(path))));
  sftp.on("FSTAT", (id, handle) => sendStats(id, () => held(files, handle).file.stat()));
  sftp.on("SETSTAT", (id, path, attributes) => answer(id, () => setAttributes(at(path), attributes)));
  sftp.on("FSETSTAT", (id, handle, attributes) => answer(id, async () => setAttributes(held(files, handle).path, attributes)));
  sftp.on("REMOVE", (id, path) => answer(id, () => rm(at(path))));
  sftp.on("RMDIR", (id, path) => answer(id, () => rmdir(at(path))));
  sftp.on("MKDIR", (id, path, attributes) => answer(id, async () => void await mkdir(at(path), (attributes.mode ?? 0o755) & 0o7777)));
  sftp.on("RENAME", (id, from, to) => answer(id, () => rename(at(from), at(to))));
  sftp.on("SYMLINK", (id, target, path) => answer(id, () => symlink(target, at(path))));
  const sendName = (id: number, read: () => Promise<string>) => answer(id, async () => {
    const filename = await read();
    return () => sftp.name(id, [{ filename, longname: filename, attrs: { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 } }]);
  });
  sftp.on("READLINK", (id, path) => sendName(id, () => readlink(at(path))));
  // A path that is not there yet is resolved by name: clients ask before they create it.
  sftp.on("REALPATH", (id, path) => sendName(id, () => realpath(at(path)).catch(() => at(path))));
  sftp.on("end", () => {
    for (const { file } of files.values()) file.close().catch(() => {});
    for (const { dir } of folders.values()) dir.close().catch(() => {});
  });
}
