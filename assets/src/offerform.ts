import { offerForm } from './resend';

void offerForm((form) => form.submit());
