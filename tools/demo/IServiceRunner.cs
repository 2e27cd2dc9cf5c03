using System.Text.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Demo;

/// <summary>The four services.</summary>
internal enum ServiceKind
{
    Attestation,
    Ingestion,
    Matching,
    Notification,
}

/// <summary>A service that listens.</summary>
internal sealed record RunningService(string Name, Uri Address, KeyId Key);

/// <summary>Where a room's services run: each in a process of its own, as in the demonstration, or in the process of a test. Disposing it stops them all.</summary>
internal interface IServiceRunner : IAsyncDisposable
{
    /// <summary>What the service's identity command says, for the charter. Makes its keys if there are none.</summary>
    Task<JsonElement> IdentityAsync(ServiceKind kind, string data, CancellationToken cancellationToken);

    /// <summary>Starts a service over a data folder and waits until it listens.</summary>
    Task<RunningService> StartAsync(ServiceKind kind, string name, string data, IReadOnlyList<string> settings, CancellationToken cancellationToken);

    /// <summary>The port on which the enclave will listen: the charter names it before there is one.</summary>
    Task<int> ChoosePortAsync(CancellationToken cancellationToken) => Task.FromResult(DemoRoom.FreePort());
}
