import type { NextConfig } from "next";

const isDevelopment = process.env.NODE_ENV === "development";

// Where `next dev` finds the server; a build is served by the server itself.
const server = process.env.PROMPTOPS_URL ?? "http://127.0.0.1:8000";

const config: NextConfig = {
  ...(isDevelopment
    ? {
        rewrites: () =>
          Promise.resolve([
            { source: "/api/:path*", destination: `${server}/api/:path*` },
            { source: "/prompts/:path+", destination: "/prompts" },
          ]),
      }
    : { output: "export" }),
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
};

export default config;
