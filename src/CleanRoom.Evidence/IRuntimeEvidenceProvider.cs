namespace CleanRoom.Evidence;

/// <summary>Makes evidence about data of the process that it runs in, as attestation services want it: REPORT_DATA is SHA-256 of the data, then 32 zero bytes.</summary>
public interface IRuntimeEvidenceProvider
{
    /// <summary>Makes evidence.</summary>
    /// <param name="runtimeData">The data; at most 64 KiB.</param>
    /// <param name="cancellationToken">Stops waiting for the platform.</param>
    /// <exception cref="Platforms.EvidenceUnavailableException">The platform gives none.</exception>
    ValueTask<EvidenceEnvelope> GetRuntimeEvidenceAsync(ReadOnlyMemory<byte> runtimeData, CancellationToken cancellationToken);
}
