namespace CleanRoom.Evidence;

/// <summary>Makes evidence about the process that it runs in.</summary>
public interface IEvidenceProvider
{
    /// <summary>Kind of the evidence it makes.</summary>
    string Kind { get; }

    /// <summary>Makes evidence whose report data is the binding.</summary>
    /// <param name="binding">Nonce, keys and charter of the instance.</param>
    /// <param name="cancellationToken">Stops waiting for the platform.</param>
    ValueTask<EvidenceEnvelope> GetEvidenceAsync(ReportBinding binding, CancellationToken cancellationToken);
}
