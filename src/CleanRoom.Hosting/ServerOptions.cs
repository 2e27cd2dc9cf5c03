using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting;

/// <summary>Where a service listens, where it keeps its files, and its limits.</summary>
public sealed class ServerOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Server";

    /// <summary>IP address to listen on. Defaults to 127.0.0.1; use 0.0.0.0 or :: in a container.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>TCP port; 0 takes a free one. Defaults to 0.</summary>
    [Range(0, 65535)]
    public int Port { get; set; }

    /// <summary>Folder for what the service keeps: its TLS key unless one is given, its database. No default.</summary>
    public string? DataFolder { get; set; }

    /// <summary>File that receives one line, address and key id, once the service listens; removed at its end. Defaults to none.</summary>
    public string? AddressFile { get; set; }

    /// <summary>Connections at a time. Defaults to 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxConnections { get; set; } = 1_000;

    /// <summary>Connections at a time of one key; callers without a key count as one. Further ones are closed. Defaults to 256.</summary>
    [Range(1, 100_000)]
    public int MaxConnectionsPerPeer { get; set; } = 256;

    /// <summary>Calls at a time of one key, streams included; callers without a key count as one. Defaults to 2,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxCallsPerPeer { get; set; } = 2_000;

    /// <summary>Calls at a time on one connection. Defaults to 100.</summary>
    [Range(1, 1_000)]
    public int MaxCallsPerConnection { get; set; } = 100;

    /// <summary>The largest message taken or sent, in bytes. Defaults to 4 MiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>The largest request, all its messages together, in bytes. Defaults to 256 MiB.</summary>
    [Range(1024L, 16L * 1024 * 1024 * 1024)]
    public long MaxRequestBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>All headers of a request together, in bytes. Defaults to 16 KiB.</summary>
    [Range(1024, 1024 * 1024)]
    public int MaxHeaderBytes { get; set; } = 16 * 1024;

    /// <summary>
    /// A caller that sends slower than this, in bytes a second, is cut off; 0 for no limit. Defaults to 240. Streams have
    /// <see cref="StreamIdleTimeout"/> instead.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MinRequestBytesPerSecond { get; set; } = 240;

    /// <summary>How long a slow caller is tolerated. Defaults to 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:05:00")]
    public TimeSpan SlowRequestGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a service waits for the next whole message of a stream that the caller sends, and for the caller to take a message of one that it reads.
    /// Defaults to 1 minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StreamIdleTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a service waits for all messages of one stream that the caller sends together. Defaults to 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan StreamTime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Calls a second that one peer may make on average; 0 for no limit. Defaults to 500.</summary>
    [Range(0, 1_000_000)]
    public int CallsPerSecondAndPeer { get; set; } = 500;

    /// <summary>How long running calls may take to end when the service is stopped. Defaults to 15 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Stop when standard input ends: for a program that starts services and must not leave them behind, however it ends. Defaults to false.</summary>
    public bool StopAtEndOfInput { get; set; }
}

/// <summary>Checks the bounds.</summary>
[OptionsValidator]
internal sealed partial class ServerOptionsValidator : IValidateOptions<ServerOptions>;

/// <summary>Checks what bounds cannot say.</summary>
internal sealed class ServerAddressValidator : IValidateOptions<ServerOptions>
{
    public ValidateOptionsResult Validate(string? name, ServerOptions options) =>
        System.Net.IPAddress.TryParse(options.Address, out _)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Server:Address must be an IP address such as 127.0.0.1, 0.0.0.0 or ::.");
}
