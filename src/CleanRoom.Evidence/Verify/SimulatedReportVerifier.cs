using System.Security.Cryptography;
using CleanRoom.Evidence.Abi;

namespace CleanRoom.Evidence.Verify;

/// <summary>
/// Checks that a simulated report is signed by the development root. That root is no secret: its private key follows from a constant
/// that this project publishes (SimulatedEvidenceProvider, docs/protocol.md §5). The check keeps simulation honest about its format; it proves nothing about a machine.
/// </summary>
internal static class SimulatedReportVerifier
{
    // The point of the public key, pinned here and not derived: a measured build must not contain the private key.
    private static readonly ECParameters DevelopmentRoot = new()
    {
        Curve = ECCurve.NamedCurves.nistP384,
        Q = new ECPoint
        {
            X = Convert.FromHexString("3df19437501c1a452c8c57fe319d024ec7e440d3105f86aa94f324754590a4c78fb13e1a7beddec2e90d33e0a27d4054"),
            Y = Convert.FromHexString("b11d84cdb2b003b070acb2eec75adefffeafae2907b11d9bf8094a4bac7267c0645aaacd5c359c2907bf98cec5fd0e72"),
        },
    };

    public static bool Verify(SimulatedReport report)
    {
        using var root = ECDsa.Create(DevelopmentRoot);
        return root.VerifyData(report.SignedPart, report.Signature, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
