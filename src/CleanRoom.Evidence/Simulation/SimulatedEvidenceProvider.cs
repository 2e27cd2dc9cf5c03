using System.Security.Cryptography;
using CleanRoom.Evidence.Abi;

namespace CleanRoom.Evidence.Simulation;

/// <summary>
/// Makes evidence WITHOUT ANY HARDWARE: the report is signed with the development root, whose private key EVERYBODY KNOWS, because it
/// is computed from a constant in this file. Such evidence proves nothing about the machine; it exists so that the whole protocol can be
/// run and attacked on a laptop. Verifiers accept it in rooms that are simulated from genesis, and nowhere else. A build with
/// <c>-p:MeasuredBuild=true</c> leaves this class out of the assembly.
/// </summary>
public sealed class SimulatedEvidenceProvider : IEvidenceProvider, IDisposable
{
    /// <summary>The published constant: the private key of the development root is SHA-384 of its UTF-8 bytes. NOT A SECRET, and worth nothing.</summary>
    public const string DevelopmentRootSeed = "cleanroom/v1/simulated/development-root: this key is public, it protects nothing";

    private readonly ECDsa _root;
    private readonly byte[] _reportId = RandomNumberGenerator.GetBytes(SimulatedReport.IdSize);

    /// <summary>Makes a provider for a program with the given measurement.</summary>
    /// <param name="measurement">What the reports claim; <see cref="SimulatedMeasurement"/> computes it.</param>
    public SimulatedEvidenceProvider(LaunchMeasurement measurement)
    {
        ArgumentNullException.ThrowIfNull(measurement);
        Measurement = measurement;
        _root = CreateDevelopmentRoot();
    }

    /// <inheritdoc/>
    public string Kind => EvidenceKinds.Simulated;

    /// <summary>The claimed measurement.</summary>
    public LaunchMeasurement Measurement { get; }

    /// <summary>The claimed privilege level. Defaults to 0; others are for tests of the refusal.</summary>
    public int Vmpl { get; init; }

    /// <summary>The claimed debug flag. Defaults to off; on is for tests of the refusal.</summary>
    public bool Debug { get; init; }

    /// <summary>The claimed platform versions. Defaults to 1 for each component.</summary>
    public TcbVersion Tcb { get; init; } = new(1, 1, 1, 1);

    /// <summary>The claimed host data, 32 bytes. Defaults to zeros.</summary>
    public ReadOnlyMemory<byte> HostData { get; init; } = new byte[SimulatedReport.IdSize];

    /// <summary>Makes the key pair of the development root, which is public knowledge. The caller disposes it.</summary>
    public static ECDsa CreateDevelopmentRoot() => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP384,
        D = SHA384.HashData(System.Text.Encoding.UTF8.GetBytes(DevelopmentRootSeed)),
    });

    /// <summary>Wraps a report in its envelope.</summary>
    public static EvidenceEnvelope Wrap(ReadOnlyMemory<byte> report) => EvidenceEnvelope.Create(
        EvidenceKinds.Simulated, new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [SimulatedReport.PartName] = report });

    /// <inheritdoc/>
    public ValueTask<EvidenceEnvelope> GetEvidenceAsync(ReportBinding binding, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(binding);
        cancellationToken.ThrowIfCancellationRequested();
        var signed = SimulatedReport.WriteSigned(Vmpl, Debug, Tcb, binding.Bytes, Measurement, HostData.Span, _reportId);
        byte[] signature;
        lock (_root)
        {
            signature = _root.SignData(signed, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        return ValueTask.FromResult(Wrap((byte[])[.. signed, .. signature]));
    }

    /// <inheritdoc/>
    public void Dispose() => _root.Dispose();
}
