using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Keys;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;

namespace CleanRoom.Cli.Commands;

/// <summary>Collateral packs: fetched where there is a connection, signed, carried by any way, imported where there is none.</summary>
internal static class CollateralCommands
{
    private const string PackFile = "collateral.pack";

    private static readonly Argument<string[]> Samples = new("EVIDENCE") { Description = "Evidence of the machines, of any age: it says which collateral is needed.", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string> Out = new("--out") { Description = "File for the pack.", HelpName = "FILE", DefaultValueFactory = _ => PackFile };
    private static readonly Option<string> Key = new("--key")
    {
        Description = "File with the maker's key (PEM); made, readable by its owner only, if it is missing. Or a key in a token or vault: pkcs11:… or https://… as \"keys create --organisation-key\" takes it.",
        HelpName = "FILE",
        DefaultValueFactory = _ => "collateral.key",
    };

    private static readonly Option<string?> Amd = new("--amd") { Description = "AMD's service, or a copy of it. Default: https://kdsintf.amd.com/.", HelpName = "URL" };
    private static readonly Option<string?> Intel = new("--intel") { Description = "Intel's service, or a copy of it. Default: https://api.trustedservices.intel.com/.", HelpName = "URL" };
    private static readonly Option<string?> IntelRootList = new("--intel-root-list") { Description = "Where Intel's root revocation list is, if not at Intel's.", HelpName = "URL" };

    private static readonly Argument<string> Pack = new("PACK") { Description = "The pack." };
    private static readonly Option<string?> Into = new("--into") { Description = "A broker's collateral folder. Default: that of the profile, for what this member verifies itself.", HelpName = "DIR" };
    private static readonly Option<string> Signer = new("--signer") { Description = "Key id of the maker (spki-sha256:…), got from it by another way.", HelpName = "KEY", Required = true };

    public static Command Create()
    {
        var fetch = new Command("fetch", "Fetch what appraisals of such machines need from AMD and Intel, verify it, and sign it as one pack. Needs a connection.")
        {
            Samples, Out, Key, Amd, Intel, IntelRootList,
        };
        fetch.Handle(FetchAsync);
        var import = new Command("import", "Put a pack into the profile's or a broker's collateral folder: by this maker, and not older than the one there.") { Pack, Into, Signer };
        import.Handle(Import);
        var show = new Command("show", "Say what a pack, a folder or a file holds; nothing is judged but a pack's signature.") { Pack };
        show.Handle(Show);
        return new Command("collateral", "What hardware vendors publish: certificates, revocation lists, TCB info.") { fetch, import, show };
    }

    private static async Task<int> FetchAsync(Call call)
    {
        var samples = call.Get(Samples).Select(ReadSample).ToList();
        var sources = new CollateralSources();
        sources = sources with
        {
            Amd = Address(call.Get(Amd), sources.Amd),
            Intel = Address(call.Get(Intel), sources.Intel),
            IntelRootList = Address(call.Get(IntelRootList), sources.IntelRootList),
        };
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        using var http = new HttpClient(handler, disposeHandler: false) { Timeout = TimeSpan.FromMinutes(2) };
        var fetched = await new CollateralFetcher(http, sources, Call.Time).FetchAsync(samples, call.Token).ConfigureAwait(false);
        if (fetched.Problems.Count > 0)
        {
            throw new ClientException(ClientProblem.Unavailable, "The pack would not be complete, so none was made. " + string.Join(" ", fetched.Problems));
        }

        using var key = OpenKey(call, call.Get(Key));
        var file = call.Get(Out);
        var number = Math.Max(NumberIn(file, key.PublicKey.Id) + 1, Call.Time.GetUtcNow().ToUnixTimeSeconds());
        await WriteAsync(file, CollateralPack.Write(key, number, Call.Time.GetUtcNow(), fetched.Pieces, fetched.Early)).ConfigureAwait(false);
        call.Screen.Line(call.Screen.Json
            ? new JsonObject { ["pack"] = file, ["number"] = number, ["signer"] = key.PublicKey.Id.ToString(), ["pieces"] = fetched.Pieces.Count, ["early"] = fetched.Early.Count }.ToJsonString()
            : $"{file}: pack {number} by {key.PublicKey.Id}, {fetched.Pieces.Count} pieces, {fetched.Early.Count} of them ahead. Give brokers this key id by another way than the pack.");
        return ExitCodes.Ok;
    }

    private static int Import(Call call)
    {
        var signer = Call.Key(call.Get(Signer), "--signer");
        var content = ReadFile(call.Get(Pack));
        if (!CollateralPack.TryRead(content, new HashSet<KeyId> { signer }, out var pack, out var problem))
        {
            throw new ClientException(ClientProblem.VerificationFailed, problem);
        }

        var folder = call.Get(Into) ?? Directory.CreateDirectory(call.Profile().CollateralFolder).FullName;
        if (!Directory.Exists(folder))
        {
            throw new ClientException(ClientProblem.NoInput, $"The folder {folder} is missing: give the folder that Attestation:CollateralFolder names.");
        }

        var now = Call.Time.GetUtcNow();
        var known = CollateralFolder.Read(folder, new HashSet<KeyId> { signer }, CollateralMemory.Empty).Packs.SingleOrDefault();
        if (known is not null && pack.Number <= known.Number)
        {
            throw new ClientException(ClientProblem.VerificationFailed, $"The folder holds pack {known.Number} by this maker, and this is pack {pack.Number}: get the newest, an older one may hide a revocation.");
        }

        // The number is its maker's word; what the vendors signed must not go back either.
        if (known is not null && CollateralMemory.Empty.After(known.Set, now).Exceeds(CollateralMemory.Empty.After(pack.Set, now)))
        {
            throw new ClientException(ClientProblem.VerificationFailed, "A document in this pack is older than the one in the folder: have its maker fetch it again.");
        }

        // Beside the old one first: a broker that reads at this moment finds one of them whole.
        var target = Path.Combine(folder, $"{Convert.ToHexStringLower(signer.Span)[..16]}.pack");
        File.WriteAllBytes(target + ".new", content);
        File.Move(target + ".new", target, overwrite: true);
        call.Screen.Line($"Pack {pack.Number} of {pack.Created.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} is imported; it counts from now on, for a running broker within a minute.");
        return ExitCodes.Ok;
    }

    private static int Show(Call call)
    {
        var path = call.Get(Pack);
        if (!Path.Exists(path))
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} is missing: give a pack, a folder or a file.");
        }

        if (File.Exists(path) && CollateralPack.LooksLikeOne(ReadFile(path)) && !CollateralPack.TryRead(ReadFile(path), null, out _, out var problem))
        {
            throw new ClientException(ClientProblem.VerificationFailed, problem);
        }

        var contents = CollateralFolder.Read(path, null, CollateralMemory.Empty);
        var shown = new JsonObject
        {
            ["packs"] = new JsonArray([.. contents.Packs.Select(pack => new JsonObject
            {
                ["number"] = pack.Number, ["signer"] = pack.Signer.ToString(), ["created"] = pack.Created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            })]),
            ["pieces"] = contents.Set.Describe(),
            ["early"] = contents.Early.Describe(),
        };
        if (call.Screen.Json)
        {
            call.Screen.Line(shown.ToJsonString());
        }
        else
        {
            call.Screen.Table(["field", "value"], EvidenceFileCommands.Rows("", shown));
        }

        return ExitCodes.Ok;
    }

    private static EvidenceEnvelope ReadSample(string file) => EvidenceFile.TryRead(ReadFile(file), out var envelope, out var problem)
        ? envelope
        : throw new ClientException(ClientProblem.BadData, $"{file}: {problem}");

    private static byte[] ReadFile(string file) => new FileInfo(file) is { Exists: true, Length: <= CollateralPack.MaxSize }
        ? File.ReadAllBytes(file)
        : throw new ClientException(ClientProblem.NoInput, $"The file {file} is missing, or longer than {CollateralPack.MaxSize} bytes.");

    private static Uri Address(string? text, Uri standard) => text is null
        ? standard
        : Uri.TryCreate(text, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || address.IsLoopback)
            ? address
            : throw new ClientException(ClientProblem.Usage, $"{text} must be an https address.");

    private static ISigningKey OpenKey(Call call, string file)
    {
        if (KeyAddress.IsMeant(file))
        {
            return KeyAddress.Parse(file).OpenKey(call.AskPin);
        }

        if (File.Exists(file))
        {
            return SigningKey.ImportPem(File.ReadAllText(file));
        }

        var key = SigningKey.Generate();
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(file, options);
        using var writer = new StreamWriter(stream);
        writer.Write(key.ExportPem());
        return key;
    }

    private static long NumberIn(string file, KeyId signer) =>
        File.Exists(file) && CollateralPack.TryRead(ReadFile(file), new HashSet<KeyId> { signer }, out var pack, out _) ? pack.Number : 0;

    private static async Task WriteAsync(string file, string pack)
    {
        await File.WriteAllTextAsync(file + ".new", pack + "\n").ConfigureAwait(false);
        File.Move(file + ".new", file, overwrite: true);
    }
}
