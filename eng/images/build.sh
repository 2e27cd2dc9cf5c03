#!/usr/bin/env bash
# Builds the images (images.mjs) without a daemon: one pattern, layers of Debian libraries, the .NET runtime and the program (and for notification the inbox page), as one OCI layout in artifacts/images/layout.
# Layers are plain tar, so that their digests depend on no compressor. ONLY=name builds one; PROGRAMS=1 only the programs' layers, without Debian, runtime and layout.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C TZ=UTC
umask 022
out=$PWD/artifacts/images
dotnet_root=$(dirname "$(readlink -f "$(command -v dotnet)")")
[ -d "$dotnet_root/shared" ] || dotnet_root=${DOTNET_ROOT:-/usr/share/dotnet}
runtime=$(ls "$dotnet_root/shared/Microsoft.AspNetCore.App" | sort -V | tail -n 1)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
rm -rf "$out/layout" "$out/roots" "$out/layers"
mkdir -p "$out/roots" "$out/layers"

# One order, one time, one owner, modes without the umask of whoever builds.
pack() {
  tar --create --format=gnu --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode='u+rwX,go+rX,go-w' -C "$1" -f "$2" .
}

layers=$(node eng/images/images.mjs ${ONLY:-})
if [ -z "${PROGRAMS:-}" ]; then
  eng/images/base.sh "$out/roots/base"
  pack "$out/roots/base" "$out/layers/base.tar"

  target=$out/roots/runtime/usr/share/dotnet
  mkdir -p "$target/host/fxr" "$target/shared/Microsoft.NETCore.App" "$target/shared/Microsoft.AspNetCore.App"
  cp "$dotnet_root/dotnet" "$dotnet_root/LICENSE.txt" "$dotnet_root/ThirdPartyNotices.txt" "$target/"
  cp -r "$dotnet_root/host/fxr/$runtime" "$target/host/fxr/"
  cp -r "$dotnet_root/shared/Microsoft.NETCore.App/$runtime" "$target/shared/Microsoft.NETCore.App/"
  cp -r "$dotnet_root/shared/Microsoft.AspNetCore.App/$runtime" "$target/shared/Microsoft.AspNetCore.App/"
  pack "$out/roots/runtime" "$out/layers/runtime.tar"
fi

for layer in $layers; do
  if [ "$layer" = page ]; then
    # The inbox page, for browsers; esbuild and Node.js write it, not .NET.
    tools/web.sh build >&2
    mkdir -p "$out/roots/page"
    cp -r artifacts/web/inbox "$out/roots/page/page"
    node eng/images/sbom.mjs page "$out/roots/page/page" >"$out/layers/sbom"
    mv "$out/layers/sbom" "$out/roots/page/page/sbom.cdx.json"
    pack "$out/roots/page" "$out/layers/page.tar"
    continue
  fi
  project=$(ls services/"$layer"/*.csproj)
  name=$(basename "$project" .csproj)
  [ "$layer" != admin ] || name=cleanroom-admin
  app=$out/roots/$layer/app
  [ "$layer" != admin ] || app=$out/roots/$layer/admin
  dotnet publish "$project" --nologo -v q -clp:NoSummary -c Release --no-self-contained -p:ContinuousIntegrationBuild=true -p:DebugType=none -p:GenerateDocumentationFile=false \
    -p:RunAnalyzers=false -o "$app"
  find "$app" -name '*.pdb' -delete -o -name '*.xml' -delete -o -name 'web.config' -delete
  node eng/images/sbom.mjs "$layer" "$app" "$name" "$runtime" >"$out/layers/sbom"
  mv "$out/layers/sbom" "$app/sbom.cdx.json"
  pack "$out/roots/$layer" "$out/layers/$layer.tar"
done
if [ -n "${PROGRAMS:-}" ]; then
  (cd "$out/layers" && sha256sum *.tar)
  exit
fi
node eng/images/layout.mjs "$runtime" "$(git rev-parse HEAD)" ${ONLY:-}
