using System.Globalization;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Collateral;

/// <summary>AMD's key distribution service (AMD 57230 §4): authorities and revocation list of a generation, VCEK of a chip. Nothing is taken that does not verify.</summary>
internal sealed class AmdCollateralSource(HttpClient http, Uri address, DateTimeOffset time, TrustAnchors anchors)
{
    /// <summary>Both authorities of a kind of key and the root.</summary>
    /// <param name="generation">Which processors.</param>
    /// <param name="kind"><c>vcek</c> or <c>vlek</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<(Certificate Intermediate, Certificate Root)> AuthoritiesAsync(SnpGeneration generation, string kind, CancellationToken cancellationToken)
    {
        var file = new Uri(address, $"{kind}/v1/{generation.Name}/cert_chain");
        var (content, _) = await CollateralDownload.GetAsync(http, file, null, cancellationToken).ConfigureAwait(false);
        var certificates = CollateralPieces.In(content).Select(piece => Certificate.TryParse(piece, out var certificate) ? certificate : null).OfType<Certificate>().ToList();
        var root = certificates.Find(certificate => certificate.SpkiHash == anchors.Amd.GetValueOrDefault(generation.Name) && certificate.IsIssuedBy(certificate));
        var name = kind == "vlek" ? $"SEV-VLEK-{generation.Name}" : $"SEV-{generation.Name}";
        var intermediate = root is null ? null : certificates.Find(certificate => certificate.CommonName == name && certificate.IsIssuedBy(root));
        return root is not null && intermediate is not null && root.IsValidAt(time) && intermediate.IsValidAt(time)
            ? (intermediate, root)
            : throw new CollateralException($"{file}: the answer holds no chain to AMD's pinned root of {generation.Name} that is valid now; this is not AMD's service, or the clock is wrong.");
    }

    /// <summary>The root's revocation list.</summary>
    public async Task<RevocationList> ListAsync(SnpGeneration generation, Certificate root, CancellationToken cancellationToken)
    {
        var file = new Uri(address, $"vcek/v1/{generation.Name}/crl");
        var (content, _) = await CollateralDownload.GetAsync(http, file, null, cancellationToken).ConfigureAwait(false);
        return RevocationList.TryParse(content, out var list) && list.IsIssuedBy(root) && list.ThisUpdate <= time && time <= list.NextUpdate
            ? list
            : throw new CollateralException($"{file}: the answer is no current revocation list by AMD's root of {generation.Name}; try again later, or check the clock.");
    }

    /// <summary>The certificate of the key that signed a report.</summary>
    public async Task<Certificate> VcekAsync(SnpGeneration generation, SnpReport report, Certificate intermediate, CancellationToken cancellationToken)
    {
        if (!SnpTcb.TryParse(report.ReportedTcb, generation.Layout, out var tcb) || !report.ChipId.ContainsAnyExcept((byte)0))
        {
            throw new CollateralException("The report masks its chip or has a TCB of another generation, so AMD cannot be asked for its certificate.");
        }

        var chip = Convert.ToHexStringLower(report.ChipId[..generation.ChipIdSize]);
        var fmc = tcb.Fmc is { } number ? string.Create(CultureInfo.InvariantCulture, $"fmcSPL={number}&") : "";
        var file = new Uri(address, string.Create(
            CultureInfo.InvariantCulture, $"vcek/v1/{generation.Name}/{chip}?{fmc}blSPL={tcb.Bootloader}&teeSPL={tcb.Tee}&snpSPL={tcb.Snp}&ucodeSPL={tcb.Microcode}"));
        byte[] content;
        try
        {
            (content, _) = await CollateralDownload.GetAsync(http, file, null, cancellationToken).ConfigureAwait(false);
        }
        catch (CollateralException exception)
        {
            // The address names a machine.
            throw new CollateralException(exception.Message.Replace(chip, "(chip)", StringComparison.Ordinal));
        }

        return Certificate.TryParse(content, out var certificate) && certificate.IsIssuedBy(intermediate) && certificate.IsValidAt(time)
            && SnpEndorsement.TryParse(certificate, out var endorsement) && endorsement.Tcb == tcb && endorsement.ChipId is { } id && report.ChipId.StartsWith(id)
            ? certificate
            : throw new CollateralException($"{new Uri(address, $"vcek/v1/{generation.Name}/(chip)")}: the answer is not the certificate of this chip and TCB; this is not AMD's service.");
    }
}
