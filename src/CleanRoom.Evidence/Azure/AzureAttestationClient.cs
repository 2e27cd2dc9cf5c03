using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Validate;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Azure;

/// <summary>
/// Client of Microsoft Azure Attestation (REST 2022-08-01, <c>POST {instance}/attest/SevSnpVm</c>): shows a SEV-SNP report and what REPORT_DATA hashes, and gets a token. The token is verified before it is
/// handed on: keys from <c>{instance}/certs</c> of the configured instance and from nowhere else, RS256, issuer, time, type, nonce, and that it repeats our own runtime data.
/// </summary>
/// <param name="http">Carries the requests (<see cref="AzureHttp.CreateHandler"/>).</param>
/// <param name="instance">The instance, https without a path.</param>
/// <param name="clock">Now.</param>
public sealed class AzureAttestationClient(HttpClient http, Uri instance, TimeProvider clock)
{
    private const string Version = "2022-08-01";
    private const string Who = "The attestation service";
    private const int NonceSize = 32;
    private const int ReportDataOffset = 0x50;

    // Ten seconds: the service's clock may be a little ahead of ours. What has ended has ended.
    private const int MaximumSkew = 10;

    private readonly Uri _instance = AzureHttp.RequireOrigin(instance, nameof(instance));

    /// <summary>Gets a token.</summary>
    /// <param name="evidence">SEV-SNP evidence with its certificates; its REPORT_DATA begins with SHA-256 of the runtime data.</param>
    /// <param name="runtimeData">A JSON object, the exact bytes that were hashed.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The token, a compact JWS.</returns>
    /// <exception cref="ArgumentException">The evidence is of another kind or not about these data.</exception>
    /// <exception cref="AzureException">The service refuses, or its answer is not to be trusted.</exception>
    public async Task<string> AttestAsync(EvidenceEnvelope evidence, ReadOnlyMemory<byte> runtimeData, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        if (evidence.Kind != EvidenceKinds.SevSnp || !evidence.Parts.TryGetValue(SnpKind.ReportPart, out var report) || report.Length != SnpReport.Size
            || !report.Span.Slice(ReportDataOffset, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(runtimeData.Span)))
        {
            throw new ArgumentException("The evidence must be SEV-SNP evidence whose report data are the SHA-256 of the runtime data.", nameof(evidence));
        }

        if (!evidence.Parts.TryGetValue(SnpKind.CertificatesPart, out var certificates))
        {
            throw new AzureException("The platform gave no certificates with its report, which the attestation service wants: use a platform that hands them out.");
        }

        var nonce = StrictBase64.EncodeUrl(RandomNumberGenerator.GetBytes(NonceSize));
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["report"] = StrictBase64.EncodeUrl(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>
            {
                ["SnpReport"] = StrictBase64.EncodeUrl(report.Span),
                ["VcekCertChain"] = StrictBase64.EncodeUrl(Encoding.ASCII.GetBytes(Chain(certificates.Span))),
            })),
            ["runtimeData"] = new Dictionary<string, string> { ["data"] = StrictBase64.EncodeUrl(runtimeData.Span), ["dataType"] = "JSON" },
            ["nonce"] = nonce,
        });
        var (status, answer) = await AzureHttp.SendAsync(
            http, HttpMethod.Post, new Uri(_instance, $"attest/SevSnpVm?api-version={Version}"), body, null, Who, cancellationToken).ConfigureAwait(false);
        if (status != HttpStatusCode.OK)
        {
            throw new AzureException(status switch
            {
                HttpStatusCode.BadRequest or HttpStatusCode.Forbidden => "The attestation service refuses the evidence: check the instance's policy, and that this machine is a confidential one.",
                HttpStatusCode.TooManyRequests => "The attestation service asks to wait: try again later.",
                _ => $"The attestation service answered {(int)status}: check its address, or try again later.",
            });
        }

        var token = AzureHttp.Text(answer, "token") ?? throw Refuse("has no token");
        var (keysStatus, keys) = await AzureHttp.SendAsync(http, HttpMethod.Get, new Uri(_instance, "certs"), null, null, Who, cancellationToken).ConfigureAwait(false);
        if (keysStatus != HttpStatusCode.OK)
        {
            throw new AzureException($"The attestation service answered {(int)keysStatus} when asked for its keys: check its address, or try again later.");
        }

        Check(token, JsonSerializer.SerializeToUtf8Bytes(keys), nonce, runtimeData.Span);
        return token;
    }

    private void Check(string text, byte[] keys, string nonce, ReadOnlySpan<byte> runtimeData)
    {
        if (text.Length > MaaToken.MaxSize || !MaaToken.TryRead(Encoding.ASCII.GetBytes(text), keys, out var token, out _) || !token.IsSigned)
        {
            throw Refuse("is no token that a key of this instance has signed with RS256");
        }

        if (AzureHttp.Text(token.Claims, "iss") is not { } issuer || !Uri.TryCreate(issuer, UriKind.Absolute, out var from) || from != _instance)
        {
            throw Refuse("was issued by another instance");
        }

        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        if (AzureHttp.Number(token.Claims, "nbf") is not { } begins || AzureHttp.Number(token.Claims, "exp") is not { } ends || now < begins - MaximumSkew || now >= ends)
        {
            throw Refuse("does not hold now");
        }

        if (AzureHttp.Text(token.Claims, "x-ms-attestation-type") != MaaTypes.Snp)
        {
            throw Refuse("is of another type than sevsnpvm");
        }

        if (AzureHttp.Text(token.Claims, "nonce") != nonce)
        {
            throw Refuse("is for another nonce, so it may be old");
        }

        // The service parses and writes them again: the same JSON, not the same bytes.
        if (!token.Claims.TryGetMember("x-ms-runtime", out var runtime) || !CanonicalJson.TryCanonicalize(JsonSerializer.SerializeToUtf8Bytes(runtime), out var shown)
            || !CanonicalJson.TryCanonicalize(runtimeData, out var ours) || !shown.AsSpan().SequenceEqual(ours))
        {
            throw Refuse("names other runtime data than ours");
        }
    }

    // Leaf, authority, root, as the service documents it; tables of the platform come in any order.
    private static string Chain(ReadOnlySpan<byte> certificates)
    {
        var chain = new StringBuilder();
        foreach (var piece in CollateralPieces.In(certificates).OrderBy(Rank))
        {
            _ = chain.Append(PemEncoding.WriteString("CERTIFICATE", piece)).Append('\n');
        }

        return chain.ToString();
    }

    private static int Rank(byte[] der) =>
        !Certificate.TryParse(der, out var certificate) ? 3 : certificate.Issuer.Span.SequenceEqual(certificate.Subject.Span) ? 2 : CertificateRules.IsAuthority(certificate, 0) ? 1 : 0;

    private static AzureException Refuse(string what) => new($"The attestation service's answer {what}: nothing was asked of the vault; check the instance's address.");
}
