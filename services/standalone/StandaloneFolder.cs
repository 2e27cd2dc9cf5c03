using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Hosting.Startup;

namespace CleanRoom.Standalone;

/// <summary>A member whose broker runs here: its organisation key, and the TLS key with which it calls its broker.</summary>
internal sealed record Owner(MemberId Member, VerifyingKey OrganisationKey, KeyId TransportKey);

/// <summary>
/// The folder of a standalone host: one folder for each service with its TLS key and database, <c>members/ID.json</c> for each owner of a broker, and
/// <c>ports.json</c>. A port is chosen once: charters name it.
/// </summary>
internal sealed class StandaloneFolder
{
    public const int DefaultPort = 7400;

    private const int MaxFile = 64 << 10;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly int? _base;
    private readonly JsonObject _ports;

    private StandaloneFolder(string path, int? basePort)
    {
        Path = path;
        _base = basePort;
        _ports = ReadPorts();
        if (basePort is { } wanted and > 0 && _ports["ingestion"] is { } first && (int)first! != wanted)
        {
            throw new StartupException(
                ExitCode.BadOption, $"{PortsFile} begins with port {first} and not {wanted}: charters name these ports; leave --port out, or use a new folder.");
        }
    }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    private string PortsFile => System.IO.Path.Combine(Path, "ports.json");

    private string Members => System.IO.Path.Combine(Path, "members");

    /// <summary>Opens or makes the folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="basePort">First port of services that have none yet; 0 for free ones; null for <see cref="DefaultPort"/>.</param>
    /// <exception cref="StartupException">It cannot be written, or its files are not what this program wrote.</exception>
    public static StandaloneFolder Open(string path, int? basePort)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            _ = OperatingSystem.IsWindows() ? Directory.CreateDirectory(path) : Directory.CreateDirectory(path, OwnerOnly);
            var probe = System.IO.Path.Combine(path, ".write-test");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return new StandaloneFolder(path, basePort);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartupException(ExitCode.FolderNotWritable, $"The folder {path} cannot be written; create it, or give this user the right to write in it.", exception);
        }
    }

    /// <summary>The folder of a service.</summary>
    public string Of(string service) => System.IO.Path.Combine(Path, service);

    /// <summary>The port of a service; chosen and kept at the first time.</summary>
    public int PortOf(string service)
    {
        if (_ports[service] is { } known)
        {
            return (int)known!;
        }

        var taken = _ports.Select(item => (int)item.Value!).ToHashSet();
        int port;
        if (_base == 0)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        else
        {
            port = _ports["ingestion"] is { } first ? (int)first! : _base ?? DefaultPort;
            while (taken.Contains(port))
            {
                port++;
            }
        }

        _ports[service] = port;
        WriteFile(PortsFile, _ports);
        return port;
    }

    /// <summary>The owners whose brokers run here, by id.</summary>
    public IReadOnlyList<Owner> ReadOwners() => !Directory.Exists(Members)
        ? []
        : [.. Directory.EnumerateFiles(Members, "*.json").Select(Read).OrderBy(owner => owner.Member)];

    /// <summary>Takes in an owner from what <c>cleanroom --json keys show</c> printed. The same again changes nothing.</summary>
    /// <exception cref="StartupException">The file is no such thing, or the member is here with other keys.</exception>
    public Owner Add(string file)
    {
        var owner = Read(file);
        var path = System.IO.Path.Combine(Members, owner.Member + ".json");
        if (File.Exists(path))
        {
            var known = Read(path);
            return known == owner
                ? owner
                : throw new StartupException(
                    ExitCode.BadOption, $"{owner.Member} is here with other keys: its broker's charters name the old ones; remove {path} only if no room needs this broker any more.");
        }

        _ = OperatingSystem.IsWindows() ? Directory.CreateDirectory(Members) : Directory.CreateDirectory(Members, OwnerOnly);
        WriteFile(path, new JsonObject
        {
            ["member"] = owner.Member.Value,
            ["organisation"] = new JsonObject { ["key"] = owner.OrganisationKey.ToJwk() },
            ["transport"] = new JsonObject { ["id"] = owner.TransportKey.ToString() },
        });
        return owner;
    }

    private static Owner Read(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length > MaxFile)
            {
                throw new StartupException(ExitCode.FileError, $"{path} is not there, or is no file with a member's public keys: make it with \"cleanroom --json keys show\".");
            }

            using var json = JsonDocument.Parse(File.ReadAllBytes(path));

            // The command line puts what it tells into "result"; this folder's own files hold it alone.
            var root = json.RootElement.TryGetProperty("result", out var result) ? result : json.RootElement;
            if (MemberId.TryParse(root.GetProperty("member").GetString(), out var member)
                && VerifyingKey.TryFromJwk(root.GetProperty("organisation").GetProperty("key"), out var key)
                && KeyId.TryParse(root.GetProperty("transport").GetProperty("id").GetString(), out var transport))
            {
                return new Owner(member, key, transport);
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // The one answer below.
        }

        throw new StartupException(ExitCode.FileError, $"{path} holds no member's public keys: make it with \"cleanroom --json keys show\".");
    }

    private JsonObject ReadPorts()
    {
        if (!File.Exists(PortsFile))
        {
            return [];
        }

        try
        {
            if (new FileInfo(PortsFile).Length <= MaxFile && JsonNode.Parse(File.ReadAllBytes(PortsFile)) is JsonObject ports
                && ports.All(item => item.Value is JsonValue value && value.TryGetValue<int>(out var port) && port is > 0 and <= ushort.MaxValue))
            {
                return ports;
            }
        }
        catch (JsonException)
        {
            // The one answer below.
        }

        throw new StartupException(ExitCode.FileError, $"{PortsFile} is not what this program wrote: restore it from your backup.");
    }

    private static void WriteFile(string path, JsonObject content)
    {
        // Never a half file: a port that was told to somebody must stand here for ever.
        var temporary = path + ".new";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            using var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
            content.WriteTo(writer);
            writer.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
