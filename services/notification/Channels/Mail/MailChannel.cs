using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;

namespace CleanRoom.Notification.Channels.Mail;

/// <summary>How a mail server is spoken to.</summary>
internal enum MailSecurity
{
    /// <summary>TLS from the first byte (RFC 8314).</summary>
    Tls,

    /// <summary>STARTTLS, or nothing is sent.</summary>
    StartTls,

    /// <summary>In the clear: only to this machine.</summary>
    None,
}

/// <summary>
/// An e-mail that says that something is waiting, and nothing else: no room, no member, no number, no link. Mail servers keep what they carry, and whose eyes read
/// an inbox nobody knows. The message id is the word's id, so that who gets it twice can tell.
/// </summary>
internal sealed class MailChannel(MailSettings settings, TimeSpan timeout, TimeProvider clock) : IChannel
{
    private const int PermanentMailbox = 550;

    public string Kind => "mail";

    public async Task<Told> TellAsync(WaitingWord word, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(timeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            using var connection = await SmtpConnection.OpenAsync(settings.Host, settings.Port, settings.Security, linked.Token);
            if (settings.User is { } user)
            {
                await connection.AuthenticateAsync(user, settings.Password, linked.Token);
            }

            await connection.SendAsync(settings.From, settings.To, Message(word), linked.Token);
            await connection.QuitAsync(linked.Token);
            return new Told.Taken();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Told.Failed("timeout");
        }
        catch (SmtpException exception)
        {
            // A mailbox that is not there today may be there tomorrow: an operator's slip must not end the reminders for ever.
            return new Told.Failed(exception.Code == PermanentMailbox ? "no such mailbox" : $"reply {exception.Code.ToString(CultureInfo.InvariantCulture)}");
        }
        catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
        {
            return new Told.Failed(exception.GetType().Name);
        }
    }

    private string Message(WaitingWord word) => string.Join(
        "\r\n",
        $"From: <{settings.From}>",
        $"To: <{settings.To}>",
        "Subject: Something is waiting",
        $"Date: {word.Time.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000",
        $"Message-ID: <{word.Id}@{settings.From[(settings.From.LastIndexOf('@') + 1)..]}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        string.Empty,
        word.Reminder == 0 ? "Something is waiting for you in your inbox." : "Something is still waiting for you in your inbox.",
        "Open it the way you always do. There is no link here, on purpose: do not trust one that says so.",
        string.Empty);
}

/// <summary>Where mail goes, checked.</summary>
/// <param name="Host">Name of the server.</param>
/// <param name="Port">Its port.</param>
/// <param name="Security">How it is spoken to.</param>
/// <param name="User">Who signs in; null for nobody.</param>
/// <param name="Password">The password.</param>
/// <param name="From">Sender.</param>
/// <param name="To">Recipient.</param>
internal sealed record MailSettings(string Host, int Port, MailSecurity Security, string? User, string Password, string From, string To)
{
    /// <summary>Whether an address is one that needs no quoting: a line break or an angle bracket in it would be a command.</summary>
    public static bool IsAddress(string? text) =>
        text is { Length: >= 3 and <= 254 } && text.IndexOf('@', StringComparison.Ordinal) is var at && at > 0 && at == text.LastIndexOf('@') && at < text.Length - 1
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '@' or '.' or '-' or '_' or '+');
}
