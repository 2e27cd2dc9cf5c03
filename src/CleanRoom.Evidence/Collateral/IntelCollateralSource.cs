using System.Text;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Collateral;

/// <summary>
/// Intel's provisioning certification service (API v4): TCB info, identities of the quoting enclaves, revocation lists. Issuers travel URL-encoded in a header. Nothing is
/// taken that does not verify up to the pinned root.
/// </summary>
internal sealed class IntelCollateralSource(HttpClient http, CollateralSources sources, DateTimeOffset time, TrustAnchors anchors)
{
    private const string SignerName = IntelCollateral.SignerName;

    /// <summary>TCB info of a series of platforms, as the service sent it, with its signer and root.</summary>
    /// <param name="tee"><c>tdx</c> or <c>sgx</c>.</param>
    /// <param name="fmspc">12 hexadecimal digits.</param>
    /// <param name="early">What is published early instead of the standard.</param>
    /// <param name="cancellationToken">Stops.</param>
    public Task<SignedFile> TcbInfoAsync(string tee, string fmspc, bool early, CancellationToken cancellationToken) => SignedAsync(
        $"{tee}/certification/v4/tcb?fmspc={fmspc}&update={Update(early)}", "TCB-Info-Issuer-Chain",
        set => set.TcbInfos is [var info] && info.Id == (tee == "tdx" ? "TDX" : "SGX") && info.Fmspc == fmspc ? (info.Document, info.EvaluationNumber, info.IssueDate, info.NextUpdate) : null, cancellationToken);

    /// <summary>Identity of a quoting enclave, as the service sent it, with its signer and root.</summary>
    public Task<SignedFile> IdentityAsync(string tee, bool early, CancellationToken cancellationToken) => SignedAsync(
        $"{tee}/certification/v4/qe/identity?update={Update(early)}", "SGX-Enclave-Identity-Issuer-Chain",
        set => set.Identities is [var identity] && identity.Id == (tee == "tdx" ? "TD_QE" : "QE") ? (identity.Document, identity.EvaluationNumber, identity.IssueDate, identity.NextUpdate) : null,
        cancellationToken);

    /// <summary>Revocation list of an authority of platform certificates, with the authority.</summary>
    /// <param name="authority"><c>platform</c> or <c>processor</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ListAsync(string authority, CancellationToken cancellationToken)
    {
        var file = new Uri(sources.Intel, $"sgx/certification/v4/pckcrl?ca={authority}&encoding=der");
        var (content, header) = await CollateralDownload.GetAsync(http, file, "SGX-PCK-CRL-Issuer-Chain", cancellationToken).ConfigureAwait(false);
        var (issuer, root) = Chain(file, header);
        return RevocationList.TryParse(content, out var list) && list.IsIssuedBy(issuer) && IsCurrent(list)
            ? [list.Der, issuer.Der, root.Der]
            : throw new CollateralException($"{file}: the answer is no current revocation list by Intel's authority for platforms; try again later, or check the clock.");
    }

    /// <summary>The root's revocation list.</summary>
    public async Task<ReadOnlyMemory<byte>> RootListAsync(Certificate root, CancellationToken cancellationToken)
    {
        var (content, _) = await CollateralDownload.GetAsync(http, sources.IntelRootList, null, cancellationToken).ConfigureAwait(false);
        return RevocationList.TryParse(content, out var list) && list.IsIssuedBy(root) && IsCurrent(list)
            ? list.Der
            : throw new CollateralException($"{sources.IntelRootList}: the answer is no current revocation list by Intel's root; try again later, or check the clock.");
    }

    private static string Update(bool early) => early ? "early" : "standard";

    private bool IsCurrent(RevocationList list) => list.ThisUpdate <= time && time <= list.NextUpdate;

    private async Task<SignedFile> SignedAsync(
        string path, string headerName, Func<CollateralSet, (SignedJson Document, int Number, DateTimeOffset Issued, DateTimeOffset Next)?> pick, CancellationToken cancellationToken)
    {
        var file = new Uri(sources.Intel, path);
        var (content, header) = await CollateralDownload.GetAsync(http, file, headerName, cancellationToken).ConfigureAwait(false);
        var (signer, root) = Chain(file, header);
        if (pick(CollateralSet.Read([content])) is not { } found)
        {
            throw new CollateralException($"{file}: the answer is not what was asked for; check the FMSPC.");
        }

        return signer.CommonName == SignerName && found.Document.IsSignedBy(signer) && found.Issued <= time && time <= found.Next
            ? new SignedFile(content, signer, root, found.Number)
            : throw new CollateralException($"{file}: the document is not signed by Intel's TCB signing key, or not current; this is not Intel's service, or the clock is wrong.");
    }

    // Two certificates in PEM, percent-encoded: the signer or authority, then the root.
    private (Certificate Issuer, Certificate Root) Chain(Uri file, string? header)
    {
        var pieces = header is { Length: <= CollateralDownload.MaxAnswer } ? CollateralPieces.In(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(header))) : [];
        return pieces.Count == 2 && Certificate.TryParse(pieces[0], out var issuer) && Certificate.TryParse(pieces[1], out var root)
            && root.SpkiHash == anchors.Intel && root.IsIssuedBy(root) && issuer.IsIssuedBy(root) && root.IsValidAt(time) && issuer.IsValidAt(time)
            ? (issuer, root)
            : throw new CollateralException($"{file}: the header with its issuers holds no chain to Intel's pinned root that is valid now; this is not Intel's service, or the clock is wrong.");
    }
}

/// <summary>A document of Intel's as it was sent, with who signed it.</summary>
/// <param name="Content">The answer's bytes.</param>
/// <param name="Signer">Its signer.</param>
/// <param name="Root">The root.</param>
/// <param name="Number">Its tcbEvaluationDataNumber.</param>
internal sealed record SignedFile(ReadOnlyMemory<byte> Content, Certificate Signer, Certificate Root, int Number);
