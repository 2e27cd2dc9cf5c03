#!/usr/bin/env bash
# Packs the client library into artifacts/sdk, then builds a program outside of this repository that knows nothing but the package, trimmed to what it uses, and runs it on a
# sample. A warning of the trimmer is an error, with one exception: Google.Protobuf warns of its own JSON writer (names of enum values), which the library does not use.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
rm -rf artifacts/sdk
dotnet pack sdk/CleanRoom.Client/CleanRoom.Client.csproj --nologo -v q -c Release -o artifacts/sdk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/nuget.config" <<XML
<configuration><packageSources><add key="cleanroom" value="$root/artifacts/sdk" /></packageSources><config><add key="globalPackagesFolder" value="$work/packages" /></config></configuration>
XML
version=$(basename artifacts/sdk/CleanRoom.Client.*.nupkg .nupkg)
cat > "$work/Consumer.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
    <InvariantGlobalization>true</InvariantGlobalization>
    <PublishTrimmed>true</PublishTrimmed>
    <TrimmerSingleWarn>false</TrimmerSingleWarn>
    <NoWarn>NU1901;NU1902;NU1903;NU1904</NoWarn>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="CleanRoom.Client" Version="${version#CleanRoom.Client.}" />
  </ItemGroup>
</Project>
XML
{
  echo 'using CleanRoom.Client.Tests.Examples;'
  echo 'await CheckAFile.RunAsync(args[0], args[1], Console.WriteLine, default);'
} > "$work/Program.cs"
cp tests/CleanRoom.Client.Tests/Examples/CheckAFile.cs "$work/"
dotnet publish "$work/Consumer.csproj" --nologo -v q -c Release --self-contained -o "$work/out" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
if grep -E '(warning|error) [A-Z]+[0-9]+' "$work/log" | grep -vE 'csharp/src/Google\.Protobuf/JsonFormatter\.cs.* IL2067:'; then
  echo "the package is not safe to trim, or does not compile without a warning" >&2
  exit 1
fi
"$work/out/Consumer" samples/contributor_c_freeform.csv "$work/page.html"
test -s "$work/page.html"
echo "artifacts/sdk/$version.nupkg ($(du -h artifacts/sdk/*.nupkg | cut -f1)); a trimmed program on it: $(du -sh "$work/out" | cut -f1)"
