using System.Security.Cryptography;
using CleanRoom.Evidence.Abi;

namespace CleanRoom.Evidence.Platforms.Tpm;

/// <summary>A quote together with the values that it covers.</summary>
internal static class TpmQuoting
{
    private const int MaxAttempts = 4;

    /// <summary>All registers: which of them count is the verifier's choice.</summary>
    private static readonly int[] Registers = [.. Enumerable.Range(0, 24)];

    /// <summary>Quotes and reads; again if a register was extended in between.</summary>
    /// <returns>The parts of an envelope.</returns>
    public static Dictionary<string, ReadOnlyMemory<byte>> Take(TpmCommands tpm, uint key, ReportBinding binding)
    {
        var nonce = SHA256.HashData(binding.Bytes);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var (attest, signatureBytes) = tpm.Quote(key, nonce, Registers);
            byte[] values = [.. tpm.ReadRegisters(Registers).Values.SelectMany(value => value)];
            if (!TpmQuote.TryParse(attest, out var quote) || !TpmSignature.TryParse(signatureBytes, out var signature))
            {
                throw new EvidenceUnavailableException("tpm: the quote or its scheme is not of a form that this program knows: use a key for RSASSA or ECDSA with SHA-256 or SHA-384.");
            }

            if (CryptographicOperations.HashData(signature.Hash, values).AsSpan().SequenceEqual(quote.PcrDigest))
            {
                return new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
                {
                    [Kinds.AzureKind.AttestPart] = attest,
                    [Kinds.AzureKind.SignaturePart] = signatureBytes,
                    [Kinds.AzureKind.RegistersPart] = values,
                };
            }
        }

        throw new EvidenceUnavailableException("tpm: registers change faster than they can be quoted: wait until the machine has started.");
    }
}

/// <summary>What a TPM must have for each kind of evidence.</summary>
internal static class TpmProbe
{
    public static string? LacksParavisor(Func<ITpmTransport> open) => Lacks(
        "azure-vtpm", open, tpm => tpm.NvSize(AzureVtpmProvider.ReportIndex) is null
            ? "azure-vtpm: the TPM holds no report of Azure's paravisor (index 0x01400001): run on an Azure confidential machine."
            : null);

    public static string? LacksKey(Func<ITpmTransport> open, uint key) => Lacks(
        "tpm", open, tpm => tpm.ReadPublic(key) is { } area && TpmPublicKey.TryParse(area, out var known) && known.IsAttestationKey
            ? null
            : $"tpm: no restricted signing key is persistent under handle 0x{key:x8}: make one with tpm2_createak and tpm2_evictcontrol, or name its handle.");

    private static string? Lacks(string name, Func<ITpmTransport> open, Func<TpmCommands, string?> ask)
    {
        try
        {
            using var tpm = new TpmCommands(open());
            return ask(tpm);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{name}: the TPM cannot be used: give this user the right to /dev/tpmrm0 (group tss), or run on a machine that has a TPM.";
        }
    }
}

/// <summary>A TPM alone: quote, registers and the key's public area, which the charter must enrol.</summary>
internal sealed class TpmProvider(Func<ITpmTransport> open, uint key) : IEvidenceProvider
{
    public string Kind => EvidenceKinds.Tpm;

    public ValueTask<EvidenceEnvelope> GetEvidenceAsync(ReportBinding binding, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(binding);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            using var tpm = new TpmCommands(open());
            var parts = TpmQuoting.Take(tpm, key, binding);
            parts[Kinds.TpmKind.PublicPart] = tpm.ReadPublic(key) ?? throw new IOException("The key is gone.");
            return ValueTask.FromResult(EvidenceEnvelope.Create(EvidenceKinds.Tpm, parts));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EvidenceUnavailableException("tpm: the TPM refused to quote: look whether the key's handle is right and needs no password.", exception);
        }
    }
}
